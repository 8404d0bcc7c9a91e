"""Ends a rejection in Kafka: what is accepted now, the end of its patient's mark, and that it is over."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType

from schemas.base import TimeDomain
from schemas.clinical import UnreadableFact
from schemas.rejections import Closing, RejectionClosed
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.ordering import with_unreadable
from services.intake.reading import Accepted, Rejected
from services.intake.records import Record, Records
from services.intake.rejected.resending import Statement
from services.intake.rejected.retrying import Result, Retried, Terms, door_of
from services.intake.rejected.topic import Entry
from services.intake.sending import PublishFailed, Sender
from services.transit.kafka import Where

_PATIENCE_S = 30.0
_CLOSINGS = {Result.ACCEPTED: Closing.ACCEPTED, Result.PASSED_OVER: Closing.PASSED_OVER}


def dismissal(mark: UnreadableFact, now: datetime) -> UnreadableFact:
    """The same mark, ended: in live time newer than every repetition of it before `now`.

    It is received as the mark was, so that it is no sign of life of the source.
    """
    recorded = max(mark.recorded_at, now) if mark.time_domain is TimeDomain.LIVE else mark.recorded_at
    ended: dict[str, object] = {
        "event_id": f"{mark.event_id[:500]}/dismissed",
        "version": mark.version + 1,
        "recorded_at": recorded,
        "dismissed": True,
    }
    return mark.model_copy(update=ended)


class Closer:
    """Enter it with a broker; what is closed has been acknowledged by Kafka. Raises `PublishFailed`."""

    def __init__(self, kafka: Where, terms: Terms, by: str) -> None:
        self._sender = Sender(kafka, patience_s=_PATIENCE_S)
        self._terms = terms
        self._by = by

    async def __aenter__(self) -> "Closer":
        await self._sender.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sender.stop()

    async def retried(self, found: Retried) -> None:
        """Send what is accepted, and only when Kafka has it, that the rejection is over."""
        closed = self._closed(found.entry, _CLOSINGS[found.result], "")
        if found.statement is not None:
            closed = closed.model_copy(update={"accepted": 1})
            await self._end(found.entry, [self._stated(found.entry, found.statement)], closed)
            return
        door = door_of(found.entry.rejected, self._terms, self._terms.clock)
        records = Records(self._terms.site, door, self._sender.partitions)
        sent = [
            record
            for reading, event in with_unreadable(found.readings, door)
            for record in records.of(reading, event)
        ]
        counts = {
            "accepted": sum(isinstance(reading, Accepted) for reading in found.readings),
            "rejected": sum(isinstance(reading, Rejected) for reading in found.readings),
        }
        await self._end(found.entry, sent, closed.model_copy(update=counts))

    async def dismissed(self, entry: Entry, reason: str) -> None:
        """End the mark, and keep who did it and why."""
        await self._end(entry, (), self._closed(entry, Closing.DISMISSED, reason))

    def _stated(self, entry: Entry, fact: Statement) -> Record:
        partition = partition_of(fact.patient, self._sender.partitions)
        key, value = fact.patient.encode(), fact.model_dump_json().encode()
        return Record(PATIENT_EVENTS.name, partition, key, value, None, entry.rejected.origin)

    def _closed(self, entry: Entry, closing: Closing, note: str) -> RejectionClosed:
        return RejectionClosed(
            partition=entry.partition,
            offset=entry.offset,
            closing=closing,
            at=self._terms.clock(),
            by=self._by,
            note=note,
        )

    async def _end(self, entry: Entry, sent: Sequence[Record], closed: RejectionClosed) -> None:
        origin, mark = entry.rejected.origin, entry.rejected.mark
        facts = list(sent)
        if mark is not None:
            key, value = mark.patient.encode(), dismissal(mark, closed.at).model_dump_json().encode()
            partition = partition_of(mark.patient, self._sender.partitions)
            facts.append(Record(PATIENT_EVENTS.name, partition, key, value, None, origin))
        await self._sender.deliver(facts, _nothing_instead)
        value = closed.model_dump_json().encode()
        over = Record(REJECTED_EVENTS.name, entry.partition, origin.key.encode(), value, None, origin)
        await self._sender.deliver([over], _nothing_instead)


def _nothing_instead(record: Record) -> Sequence[Record]:
    raise PublishFailed(f"{record.topic} takes no record of {len(record.value)} bytes: nothing is closed")
