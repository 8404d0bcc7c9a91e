"""From the bytes of a request to statements: each resource with its place in the request and its readings."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.rejections import KEPT_BYTES, Origin
from services.intake.door import Door
from services.intake.fhir.documents import FORMAT
from services.intake.fhir.header import Context
from services.intake.fhir.references import Known
from services.intake.fhir.resources import read_resource
from services.intake.fhir.versions import OLDER, Aside, set_aside
from services.intake.http.bodies import Refused
from services.intake.http.types import TYPES
from services.intake.json_text import parse
from services.intake.lines import LARGEST_MESSAGE
from services.intake.ordering import in_order_of_receipt
from services.intake.reading import Accepted, Reading, Rejected, Skipped, Unreadable
from services.intake.rejecting import rejection, rejection_of_part

_TOO_LONG = Unreadable("too-large", f"a resource may have at most {LARGEST_MESSAGE} bytes")
_TOO_DEEP = Unreadable("nested-too-deep", "objects or lists are nested too deep")


@dataclass(frozen=True, slots=True)
class Statement:
    """One resource and what was read of it. `place` leads to it within the request, by FHIRPath; empty where
    the resource is the request.
    """

    readings: tuple[Reading, ...]
    resource: Any = None
    place: str = ""

    @property
    def rejected(self) -> bool:
        """Whether any of it was."""
        return any(isinstance(reading, Rejected) for reading in self.readings)

    @property
    def accepted(self) -> bool:
        """Whether any of it was read as an event."""
        return any(isinstance(reading, Accepted) for reading in self.readings)


class Request:
    """One request's content and where it came from. `peer` is the address that sent it.

    The same bytes of the same peer have the same origin, so that a repetition of what is rejected shows.
    `most` resources may be in it.
    """

    def __init__(self, door: Door, peer: str, content: bytes, most: int) -> None:
        self.content = content
        self._most = most
        self.known = Known()
        self._context = Context(door, self.known, door.source or FORMAT)
        digest = hashlib.sha256(content).hexdigest()[:16]
        self._origin = Origin(door=FORMAT, peer=peer, path=f"http/{digest}")

    @property
    def now(self) -> datetime | None:
        """The present of a live door."""
        clock = self._context.door.clock
        return clock() if clock is not None else None

    def bound(self, count: int) -> None:
        """Raises `Refused` where the request holds more resources than it may."""
        if count > self._most:
            sentence = f"A request may hold {self._most} resources. Send them in smaller parts."
            raise Refused(413, "too-long", sentence)

    def json(self) -> Any:
        """The content as JSON. Raises `Unreadable`."""
        return parse(self.content)

    def read(
        self,
        resource: Any,
        place: str = "",
        part: str = "",
        line: int | None = None,
        original: bytes = b"",
        fault: Unreadable | None = None,
    ) -> Statement:
        """One resource that is no Bundle; `part` and `line` name it within the request's origin. `fault` is
        what is wrong beside it, for which it is rejected.
        """
        origin = self.origin(part, line)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(kind, str) and kind not in TYPES:
            error = Unreadable(
                "unknown-type", "`resourceType` is no type of FHIR R4", f"{place or '$this'}.resourceType"
            )
            return self._refused(error, origin, original, resource, place)
        try:
            readings = tuple(read_resource(resource, origin, self._context, original, fault))
        except RecursionError:
            return self._refused(_TOO_DEEP, origin, original, resource, place)
        return Statement(tuple(self._timed(reading) for reading in readings), resource, place)

    def refuse(
        self, error: Unreadable, part: str = "", place: str = "", original: bytes | None = None
    ) -> Statement:
        """The request, or a part of it, that cannot be read."""
        content = self.content if original is None else original
        return self._refused(error, self.origin(part, None), content, None, place)

    def lines(self) -> Iterator[Statement]:
        """The statements of NDJSON. What others refer to may stand on any line. Of several versions of one
        resource the last line holds; a history has no order. Raises `Refused`.
        """
        self.bound(self.content.count(b"\n"))
        parsed: list[tuple[int, bytes, Any, Unreadable | None]] = []
        for number, text in enumerate(self.content.split(b"\n"), 1):
            if not text.strip():
                continue
            value, error = None, None
            try:
                if len(text) > LARGEST_MESSAGE:
                    raise _TOO_LONG
                value = parse(text)
            except Unreadable as problem:
                error = problem
            parsed.append((number, text, value, error))
        news = self._context.door.is_told_now
        aside: Aside = {} if news else set_aside([{"resource": value} for _, _, value, _ in parsed], None)
        for place, (_, _, value, _) in enumerate(parsed):
            if isinstance(value, dict):
                self.known.note(value, None, aside=place in aside)
        for place, (number, text, value, error) in enumerate(parsed):
            if error is None and isinstance(value, dict) and value.get("resourceType") == "Bundle":
                error = Unreadable("wrong-schema", "a line holds one resource and no Bundle", "resourceType")
            if error is not None:
                yield self._refused(error, self.origin("", number), text, None, "")
            elif place in aside and aside[place] is None:
                yield Statement((Skipped(OLDER, self.origin("", number)),), value)
            else:
                yield self.read(value, line=number, original=text, fault=aside.get(place))

    def origin(self, part: str = "", line: int | None = None) -> Origin:
        """The place of a part of the request."""
        return self._origin.model_copy(update={"path": f"{self._origin.path}{part}", "line": line})

    def _refused(
        self, error: Unreadable, origin: Origin, content: bytes, resource: Any, place: str
    ) -> Statement:
        if len(content) > KEPT_BYTES:
            digest = hashlib.sha256(content).hexdigest()
            record = rejection_of_part(origin, content[:KEPT_BYTES], len(content), digest, error)
        else:
            record = rejection(origin, content, error)
        refused = Rejected(record, self._context.source, received_at=self.now, path=error.path)
        return Statement((self._timed(refused),), resource, place)

    def _timed(self, reading: Reading) -> Reading:
        """A rejection says when it came."""
        if not isinstance(reading, Rejected) or reading.rejection.at is not None:
            return reading
        return replace(reading, rejection=reading.rejection.model_copy(update={"at": self.now}))


def readings_of(statements: Sequence[Statement], door: Door) -> list[Reading]:
    """What is sent, in the order of the request; in simulated time in the order of receipt."""
    readings = [reading for statement in statements for reading in statement.readings]
    return in_order_of_receipt(readings) if door.clock is None else readings
