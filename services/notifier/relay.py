"""Every transition goes from the store's audit trail to `alert-history`, at least once, in order.

One process relays at a time; a lost lock can make two do so for a moment, which readers undo by sequence
number.
"""

import logging
from typing import Any, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from schemas.topics import ALERT_HISTORY, partition_of
from services.notifier.alerts import instant
from services.notifier.connection import STREAM_BLOCK_MS, Connection
from services.notifier.identifiers import SYSTEM, key, tags
from services.notifier.stopping import Stop

log = logging.getLogger(__name__)
_LOCK_MS = 15_000
_AT_ONCE = 200
_RETRY_S = 1.0


def entry_of(fields: dict[str, str]) -> AlertHistoryEntry:
    """The history entry in the fields of an audit entry."""
    return AlertHistoryEntry(
        alert_id=fields["alert"],
        patient=fields["patient"],
        sequence=int(fields["sequence"]),
        episode=int(fields["episode"]),
        revision=int(fields["revision"]),
        event=fields["event"],
        state=AlertState(fields["state"]),
        severity=Severity(fields["severity"]),
        at=instant(fields["at"]),
        actor=fields["actor"],
        note=fields["note"],
        because=fields["because"],
        transition_id=fields["transition_id"],
        check=fields.get("check", ""),
        ward=fields.get("ward", ""),
        tier=int(fields.get("tier", 0)),
        cause_entity=fields.get("cause_entity", ""),
    )


class Relay:
    """Reads the `evt` streams behind `rel` and sends what follows; `holder` names this process."""

    def __init__(self, connection: Connection, producer: AIOKafkaProducer, holder: str) -> None:
        self._connection = connection
        self._producer = producer
        self._holder = holder
        self._tags = {key(tag, "evt"): tag for tag in tags()}

    async def run(self, stop: Stop) -> None:
        """Relay until `stop`."""
        while not stop:
            if not await self._is_ours():
                await stop.sleep(_LOCK_MS / 3000)
                continue
            found = await stop.or_else(self._next(STREAM_BLOCK_MS))
            await self._send_all(found or [], stop)

    async def drain(self) -> None:
        """Relay what is there now (at the end of a process)."""
        if await self._is_ours():
            stop = Stop()
            while found := await self._next(None):
                await self._send_all(found, stop)
            await self._connection.repeated(lambda: self._connection.client.delete(key(SYSTEM, "relay")))

    async def _is_ours(self) -> bool:
        lock = key(SYSTEM, "relay")

        async def attempt() -> bool:
            if await self._connection.client.set(lock, self._holder, nx=True, px=_LOCK_MS):
                return True
            if await self._connection.client.get(lock) != self._holder:
                return False
            return bool(await self._connection.client.pexpire(lock, _LOCK_MS))

        return await self._connection.repeated(attempt)

    async def _next(self, block_ms: int | None) -> list[tuple[str, list[tuple[str, dict[str, str]]]]]:
        async def places() -> list[str | None]:
            return cast(
                list[str | None], await self._connection.client.mget([key(tag, "rel") for tag in tags()])
            )

        relayed = await self._connection.repeated(places)
        behind: dict[Any, Any] = {
            key(tag, "evt"): last or "0" for tag, last in zip(tags(), relayed, strict=True)
        }

        async def attempt() -> Any:
            return await self._connection.streams.xread(behind, count=_AT_ONCE, block=block_ms)

        return [(name, entries) for name, entries in await self._connection.repeated(attempt) or ()]

    async def _send_all(self, found: list[tuple[str, list[tuple[str, dict[str, str]]]]], stop: Stop) -> None:
        try:
            waiting = [await self._send(fields) for _, entries in found for _, fields in entries]
            for future in waiting:
                if future is not None:
                    await future
        except KafkaError as error:
            log.warning("alert-history does not take records (%s); repeating", type(error).__name__)
            await stop.sleep(_RETRY_S)
            return
        places = {key(self._tags[name], "rel"): entries[-1][0] for name, entries in found}
        if places:
            await self._connection.repeated(lambda: self._connection.client.mset(places))

    async def _send(self, fields: dict[str, str]) -> Any:
        try:
            entry = entry_of(fields)
        except (ValidationError, ValueError) as error:
            log.error("an audit entry cannot be relayed: %s", type(error).__name__)
            return None
        partitions = len(await self._producer.partitions_for(ALERT_HISTORY.name))
        return await self._producer.send(
            ALERT_HISTORY.name,
            value=entry.model_dump_json().encode(),
            key=entry.alert_id.encode(),
            partition=partition_of(entry.patient, partitions),
        )
