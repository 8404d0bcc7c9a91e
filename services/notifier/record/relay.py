"""Every transition goes from the store's audit trail to `alert-history`, at least once, in order, each with
the hash of the one before it; and the alert as it then stands goes to `alert-state`.

One process relays at a time. Whoever begins reads first where the chains stand in the topic; a lost lock can
make two send the same for a moment, which has the same bytes and counts as one entry.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from schemas.topics import ALERT_HISTORY, ALERT_STATE, partition_of
from services.notifier.alerts import instant
from services.notifier.audit.anchors import send_anchor
from services.notifier.audit.chain import Head, chain_name, sealed
from services.notifier.audit.continuing import Continuation, continued
from services.notifier.record.relay_notes import LOCK_MS, Hold, RelayNotes
from services.notifier.record.snapshots import send_snapshots, taken
from services.notifier.record.whole_topic import CannotRead
from services.notifier.stopping import Stop
from services.notifier.store.connection import STREAM_BLOCK_MS, Connection
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import key, tags
from services.notifier.watching.unreadable import Alarm, tell_unreadable
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_AT_ONCE = 25
"""Of each shard: with all of them one answer stays small enough to be read within the socket's time."""

_GATHER_S = 0.1
"""Between rounds that found little: each costs several ways to Kafka and back, whatever it carries."""

_RETRY_S = 1.0
Batch = list[tuple[str, list[tuple[str, dict[str, str]]]]]


@dataclass(frozen=True, slots=True)
class _Sending:
    """One entry on its way: where its chain comes to with it, and Kafka's word when it has it."""

    entry: AlertHistoryEntry
    chain: str
    sequence: int
    hash: str
    word: Awaitable[Any]


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
        level=int(fields.get("level", 0)),
        step=int(fields.get("step", 0)),
        targets=tuple(filter(None, fields.get("targets", "").split(","))),
        holder=fields.get("holder", ""),
        offered=fields.get("offered", ""),
        reason=fields.get("reason", ""),
        scope=fields.get("scope", ""),
        second=fields.get("second", ""),
        until=instant(fields["until"]) if fields.get("until") else None,
    )


class Relay:
    """Reads the `evt` streams behind `rel` and sends what follows; `holder` names this process.

    `relayed` is called with each entry once Kafka has it, `alarm` where what the store holds makes no sense.
    """

    def __init__(
        self,
        connection: Connection,
        producer: AIOKafkaProducer,
        kafka: Where,
        holder: str,
        alarm: Alarm,
        relayed: Callable[[AlertHistoryEntry], None] = lambda _: None,
    ) -> None:
        self._connection = connection
        self._producer = producer
        self._kafka = kafka
        self._alarm = alarm
        self._relayed = relayed
        self._notes = RelayNotes(connection, holder)
        self._tags = {key(tag, "evt"): tag for tag in tags()}
        self._behind: dict[str, str] = {}
        self._chains: Continuation | None = None

    async def run(self, stop: Stop) -> None:
        """Relay until `stop`."""
        while not stop:
            if not await self._is_ours():
                await stop.sleep(LOCK_MS / 3000)
            elif not await self._knows_the_chains():
                await stop.sleep(_RETRY_S)
            else:
                found = await stop.or_else(self._next(STREAM_BLOCK_MS))
                await self._send_all(found or [], stop)
                if found and all(len(entries) < _AT_ONCE for _, entries in found):
                    await stop.sleep(_GATHER_S)

    async def drain(self) -> None:
        """Relay what is there now (at the end of a process)."""
        if await self._is_ours() and await self._knows_the_chains():
            stop = Stop()
            while found := await self._next(None):
                await self._send_all(found, stop)
            await self._notes.release()

    async def _is_ours(self) -> bool:
        hold = await self._notes.hold()
        if hold is not Hold.KEPT:
            self._chains = None
        return hold is not Hold.OTHERS

    async def _knows_the_chains(self) -> bool:
        """Find where the chains stand, unless that is known since the lock became ours."""
        if self._chains is not None:
            return True
        self._behind = await self._notes.behind()
        noted = await self._notes.heads()
        try:
            for topic in (ALERT_STATE, ALERT_HISTORY):
                await self._producer.partitions_for(topic.name)
            async with self._notes.held():
                self._chains = await continued(self._kafka, noted)
        except (CannotRead, KafkaError) as error:
            log.warning("where the history stands cannot be read (%s); repeating", error)
            return False
        return True

    async def _next(self, block_ms: int | None) -> Batch:
        behind: dict[Any, Any] = {name: self._behind.get(tag, "0") for name, tag in self._tags.items()}

        async def attempt() -> Any:
            return await self._connection.streams.xread(behind, count=_AT_ONCE, block=block_ms)

        return [(name, entries) for name, entries in await self._connection.repeated(attempt) or ()]

    async def _send_all(self, found: Batch, stop: Stop) -> None:
        chains = self._chains
        if chains is None:
            return
        if not found:
            chains.caught_up()
            return
        try:
            sent = [s for name, entries in found for s in await self._send(chains, self._tags[name], entries)]
            words = await asyncio.gather(*(sending.word for sending in sent))
            moved = {
                sending.chain: Head(sending.sequence, sending.hash, word.offset)
                for sending, word in zip(sent, words, strict=True)
            }
            await self._send_snapshots(found)
            await asyncio.gather(*(send_anchor(self._producer, c, head) for c, head in moved.items()))
        except KafkaError as error:
            log.warning("alert-history does not take records (%s); repeating", type(error).__name__)
            await stop.sleep(_RETRY_S)
            return
        behind = {self._tags[name]: entries[-1][0] for name, entries in found}
        await self._notes.note(behind, moved)
        self._behind |= behind
        chains.heads |= moved
        for sending in sent:
            self._relayed(sending.entry)

    async def _send_snapshots(self, found: Batch) -> None:
        """After the entries and before the anchors: see `KeptState.kept_until`."""
        named = [
            (self._tags[stream], fields.get("alert", ""))
            for stream, entries in found
            for _, fields in entries
        ]
        alerts = list(dict.fromkeys(alert for tag, alert in named if alert.startswith(f"{tag}-")))
        as_held = await taken(self._connection, alerts)
        await send_snapshots(self._producer, as_held.snapshots)
        await tell_unreadable(self._alarm, as_held.damaged, "how it stands is not in alert-state")

    async def _send(
        self, chains: Continuation, tag: str, entries: list[tuple[str, dict[str, str]]]
    ) -> list[_Sending]:
        """Give a shard's entries to the producer, each behind the one before it in its chain."""
        partitions = len(await self._producer.partitions_for(ALERT_HISTORY.name))
        heads: dict[str, Head] = {}
        sendings: list[_Sending] = []
        unread: list[str] = []
        for _, fields in entries:
            try:
                entry = entry_of(fields)
            except UNREADABLE:
                unread.append(fields.get("alert", "without an id"))
                continue
            content = entry.model_dump(mode="json")
            if chains.was_sent(content):
                continue
            partition = partition_of(entry.patient, partitions)
            chain = chain_name(tag, partition)
            place = sealed(content, chain, heads.get(chain) or chains.heads.get(chain, Head()))
            heads[chain] = Head(place.sequence, place.hash)
            word = await self._producer.send(
                ALERT_HISTORY.name, value=place.record, key=entry.alert_id.encode(), partition=partition
            )
            sendings.append(_Sending(entry, chain, place.sequence, place.hash, word))
        await tell_unreadable(self._alarm, unread, "what happened to it is not in alert-history")
        return sendings
