"""What is done with a request: its body is read, understood, put into Kafka, and only then answered."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from starlette.requests import Request as HttpRequest

from schemas.base import Mode
from services.intake.accepting import Acceptor
from services.intake.allowing import door_of
from services.intake.door import Door
from services.intake.http.answers import (
    Answer,
    bundle_answer,
    issues,
    lines_answer,
    resource_answer,
    status_of,
)
from services.intake.http.bodies import JSON, NDJSON, Refused, Room, body_of
from services.intake.http.bundles import TRANSACTION, entries
from services.intake.http.callers import Callers
from services.intake.http.outcomes import outcome
from services.intake.http.statements import Request, Statement, readings_of
from services.intake.http.types import TYPES
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Rejected, Unreadable
from services.intake.settings import HttpLimits
from services.intake.trust.life import Life

_READ_AT_ONCE = 16 * 1024
"""Bytes; what is larger is read beside the loop, one at a time, so that others are served meanwhile: a Bundle
of 16 KiB may have a thousand entries."""
Result = TypeVar("Result")
Work = tuple[Sequence[Statement], Answer]


class Handling:
    """The requests of one door. Raises `Refused`, `Busy` and `PublishFailed`, which the service answers."""

    def __init__(
        self,
        acceptor: Acceptor,
        door: Door,
        source: str,
        limits: HttpLimits,
        callers: Callers | None = None,
        life: Life | None = None,
    ) -> None:
        self._acceptor = acceptor
        self._door = replace(door, source=source)
        self._callers = callers
        self._life = life
        self._limits = limits
        self._room = Room(limits.bodies_at_once)
        self._large = asyncio.Semaphore(1)

    async def resource(self, http: HttpRequest, kind: str, identity: str | None = None) -> Answer:
        """One resource; with `identity` by PUT."""
        _known_type(kind)
        _live(http)
        if kind == "Bundle":
            raise Refused(400, "invalid", "A Bundle is sent to the base URL.")

        def work(request: Request) -> Work:
            statement = _resource(request, kind, identity)
            return (statement,), resource_answer(statement, created=identity is None)

        return await self._accepted(http, JSON, LARGEST_MESSAGE, work)

    async def bundle(self, http: HttpRequest) -> Answer:
        """A Bundle of any type. A transaction is taken whole or not at all."""
        _live(http)
        return await self._accepted(http, JSON, self._limits.largest_body, _bundle)

    async def lines(self, http: HttpRequest, mode: Mode) -> Answer:
        """NDJSON, line by line, as live or as history."""

        def work(request: Request) -> Work:
            statements = tuple(request.lines())
            return statements, lines_answer(statements)

        return await self._accepted(http, NDJSON, self._limits.largest_body, work, mode)

    async def validated(self, http: HttpRequest, kind: str) -> Answer:
        """What would be said of a resource, or of a Bundle's entries; nothing is sent or recorded."""
        _known_type(kind)
        largest = self._limits.largest_body if kind == "Bundle" else LARGEST_MESSAGE
        door = await self._door_of(http)
        with self._room.share() as share:
            content = await body_of(http, JSON, largest, self._limits.body_s, share)
            request = self._request(http, door, content)
            return await self._beside(len(content), lambda: _validated(request, kind))

    async def _accepted(
        self,
        http: HttpRequest,
        media: tuple[str, ...],
        largest: int,
        work: Callable[[Request], Work],
        mode: Mode = Mode.LIVE,
    ) -> Answer:
        door = replace(await self._door_of(http), mode=mode)
        began = door.clock() if door.clock is not None else None
        with self._room.share() as share:
            content = await body_of(http, media, largest, self._limits.body_s, share)
            request = self._request(http, door, content)
            statements, answer = await self._beside(len(content), lambda: work(request))
            readings = readings_of(statements, door)
            await self._acceptor.take(readings, mode)
        if self._life is not None and mode is Mode.LIVE:
            self._life.note(door.source, began, readings)
        return answer

    async def _door_of(self, http: HttpRequest) -> Door:
        """The door as it is for whoever calls."""
        if self._callers is None:
            return self._door
        return door_of(self._door, await self._callers.source(http))

    def _request(self, http: HttpRequest, door: Door, content: bytes) -> Request:
        peer = http.client.host if http.client is not None else "unknown"
        return Request(door, peer, content, self._limits.most_resources)

    async def _beside(self, size: int, work: Callable[[], Result]) -> Result:
        if size <= _READ_AT_ONCE:
            return work()
        async with self._large:
            return await asyncio.to_thread(work)


def _live(http: HttpRequest) -> None:
    """Refuse what asks for history where all is news: it would be paged."""
    if http.scope["query_string"] and http.query_params.get("mode", Mode.LIVE) != Mode.LIVE:
        raise Refused(
            400, "invalid", "History is taken at $ingest alone, as NDJSON: everything here is live."
        )


def _known_type(kind: str) -> None:
    if kind not in TYPES:
        raise Refused(404, "not-supported", "This is no resource type of FHIR R4.")


def _resource(request: Request, kind: str, identity: str | None) -> Statement:
    try:
        content = request.json()
        _in_its_place(content, kind, identity)
    except Unreadable as error:
        return request.refuse(error)
    request.known.note(content, None)
    return request.read(content, original=request.content)


def _in_its_place(content: Any, kind: str, identity: str | None) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise Unreadable("wrong-schema", "no FHIR resource: `resourceType` is missing", "$this.resourceType")
    if content["resourceType"] != kind:
        raise Unreadable("wrong-url", "the resource is of another type than the URL", "$this.resourceType")
    if identity is not None and content.get("id") != identity:
        raise Unreadable("wrong-url", "the resource has another id than the URL, or none", f"{kind}.id")


def _bundle(request: Request) -> Work:
    try:
        content = request.json()
        if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
            raise Unreadable("wrong-url", "the base URL takes a Bundle", "$this.resourceType")
        found = entries(content, request)
    except Unreadable as error:
        refused = request.refuse(error)
        return (refused,), Answer(status_of(refused.readings), outcome(issues(refused)))
    answer = bundle_answer(content["type"], found, request.now)
    statements = [statement for entry in found for statement in entry.statements]
    if answer.status != 200 and content["type"] == TRANSACTION:
        statements = [_rejected_only(statement) for statement in statements]
    return statements, answer


def _rejected_only(statement: Statement) -> Statement:
    kept = tuple(reading for reading in statement.readings if isinstance(reading, Rejected))
    return Statement(kept, statement.resource, statement.place)


def _validated(request: Request, kind: str) -> Answer:
    try:
        content = request.json()
        if kind != "Parameters" and isinstance(content, dict) and content.get("resourceType") == "Parameters":
            content = _parameter(content)
        _in_its_place(content, kind, None)
        if kind == "Bundle":
            found = [
                told
                for entry in entries(content, request)
                for item in entry.statements
                for told in issues(item)
            ]
            return Answer(200, outcome(found))
    except Unreadable as error:
        refused = request.refuse(error)
        status = status_of(refused.readings)
        return Answer(400 if status == 400 else 200, outcome(issues(refused)))
    request.known.note(content, None)
    return Answer(200, outcome(issues(request.read(content))))


def _parameter(content: dict[str, Any]) -> Any:
    """The resource within the Parameters of $validate."""
    parts = content.get("parameter")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and part.get("name") == "resource":
            return part.get("resource")
    raise Unreadable("wrong-schema", "the Parameters hold no parameter `resource`", "Parameters.parameter")
