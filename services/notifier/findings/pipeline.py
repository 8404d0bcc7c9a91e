"""One record of `detected-issues`: decode, decide how it may page, apply. The whole flow on one screen.

Every record ends as applied, passed over (tombstone, heartbeat, comparison, repetition) or rejected with its
reason, and only then is the next one of its partition looked at. Findings that follow each other go to the
store together, and it does them in their order; the first one that it refuses, and those behind it, are taken
one after the other. So does what was measured for those who promised to watch: one result may concern many.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import ResponseError

from schemas.base import TimeDomain
from schemas.issues import (
    DetectedIssue,
    IssueRecord,
    KnowledgeCompared,
    MonitoringSeen,
    PartitionHeartbeat,
    RecordsLost,
    SourcesHeard,
)
from services.notifier.alerts import instant
from services.notifier.findings.change import Change, Origin, milliseconds
from services.notifier.findings.decoding import Undecodable, decode
from services.notifier.findings.paging import paging_of
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.routing import routing_of
from services.notifier.policy.deciding import Policy
from services.notifier.store.alert_store import AlertStore, Epochs, Heard, Measured
from services.notifier.store.identifiers import alert_id
from services.notifier.store.lifecycle import IllegalMove
from services.notifier.tiers import TierPolicy
from services.notifier.watching.heard_sources import HeardSources
from services.stream.records import Record

Reject = Callable[[Record, str, str], Awaitable[None]]
TellOnce = Callable[[str, str], Awaitable[None]]
Placed = Callable[[DetectedIssue, Record], DetectedIssue]
Content = IssueRecord | Undecodable | None
"""What a record says; None is a tombstone."""

_Seen = tuple[Record, MonitoringSeen]
_TOGETHER = 100
_UNUSABLE = (ArithmeticError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A finding that waits to be applied, and the time that its partition is told with it."""

    record: Record
    issue: DetectedIssue
    change: Change
    told_ms: int | None


class Pipeline:
    """Applies records to the store, in their order.

    `reject(record, reason, detail)` keeps what cannot be; `tell_once(name, text)` raises a technical alert;
    `placed(issue, record)` is the issue on the ward that is responsible for it where that is known better.
    """

    def __init__(
        self,
        store: AlertStore,
        tiers: TierPolicy,
        policy: Policy,
        partitions: Partitions,
        reject: Reject,
        tell_once: TellOnce,
        placed: Placed = lambda issue, _record: issue,
    ) -> None:
        self._store = store
        self._sources = HeardSources(store)
        self._tiers = tiers
        self._policy = policy
        self._partitions = partitions
        self._reject = reject
        self._tell_once = tell_once
        self._placed = placed

    async def take_all(self, records: Sequence[Record], epochs: Epochs) -> None:
        """Take records of one partition, in their order. Raises what `take` raises."""
        run: list[_Ready] = []
        seen: list[_Seen] = []
        for record in records:
            content = _content(record)
            if isinstance(content, MonitoringSeen):
                await self._apply_together(run, epochs)
                run = []
                seen.append((record, content))
            if not isinstance(content, MonitoringSeen) or len(seen) == _TOGETHER:
                await self._hear_of_monitoring(seen, epochs)
                seen = []
            if isinstance(content, MonitoringSeen):
                continue
            ready = self._ready(content, record, run) if isinstance(content, DetectedIssue) else None
            if ready is not None:
                run.append(ready)
            if ready is None or len(run) == _TOGETHER:
                await self._apply_together(run, epochs)
                run = []
            if ready is None:
                await self._take(record, content, epochs)
        await self._apply_together(run, epochs)
        await self._hear_of_monitoring(seen, epochs)

    def _ready(self, issue: DetectedIssue, record: Record, run: Sequence[_Ready]) -> _Ready | None:
        """What a finding changes, behind those of `run`; None where it is unusable."""
        told_ms = run[-1].told_ms if run else self._partitions.told_ms(record.partition)
        try:
            change = self._change(issue, record, told_ms)
            if issue.time_domain is TimeDomain.SIMULATED:
                at_ms = milliseconds(issue.at)
                told_ms = at_ms if told_ms is None else max(told_ms, at_ms)
        except _UNUSABLE:
            return None
        return _Ready(record, issue, change, told_ms)

    async def _apply_together(self, run: Sequence[_Ready], epochs: Epochs) -> None:
        done = 0
        if len(run) > 1:
            with suppress(*_UNUSABLE):
                done = await self._store.apply_in_order([ready.change for ready in run], epochs)
        for ready in run[:done]:
            self._tell(ready.issue, ready.record.partition)
        for ready in run[done:]:
            await self._apply(ready.issue, ready.record, epochs)

    async def take(self, record: Record, epochs: Epochs) -> None:
        """Take one record.

        Raises `StoreEmptied` when the store is not the one of `epochs`, and what Kafka raises.
        """
        await self._take(record, _content(record), epochs)

    async def _take(self, record: Record, content: Content, epochs: Epochs) -> None:
        origin = _origin(record)
        match content:
            case Undecodable(reason, detail):
                await self._refuse(record, epochs, reason, detail)
            case PartitionHeartbeat() as heartbeat:
                await self._hear(heartbeat, origin, epochs)
            case None | KnowledgeCompared():
                await self._store.pass_over(origin, epochs)
            case RecordsLost() as loss:
                await self._tell_once(loss.id, loss_in_words(loss))
                await self._store.pass_over(origin, epochs)
            case SourcesHeard() as heard:
                await self._sources.hear(heard)
                await self._store.pass_over(origin, epochs)
            case MonitoringSeen() as seen:
                await self._hear_of_monitoring([(record, seen)], epochs)
            case DetectedIssue() as issue:
                await self._apply(issue, record, epochs)

    async def _apply(self, issue: DetectedIssue, record: Record, epochs: Epochs) -> None:
        try:
            change = self._change(issue, record, self._partitions.told_ms(record.partition))
            await self._store.apply(change, epochs)
        except IllegalMove as error:
            await self._refuse(record, epochs, "illegal-move", str(error))
        except ResponseError as error:
            await self._refuse(record, epochs, "store-refused", type(error).__name__)
        except _UNUSABLE as error:
            # Of the record's own values, such as a number of a hundred digits: read again it ends the same.
            await self._refuse(record, epochs, "unusable-value", type(error).__name__)
        self._tell(issue, record.partition)

    def _change(self, issue: DetectedIssue, record: Record, told_ms: int | None) -> Change:
        """How it is told at present, by the clock that the issue lives by."""
        if issue.time_domain is TimeDomain.LIVE:
            now = self._store.present()
        else:
            now = max(issue.at, instant(told_ms)) if told_ms is not None else issue.at
        issue = self._placed(issue, record)
        paging = paging_of(issue, self._tiers)
        return Change(issue, paging, routing_of(issue, paging, self._policy, now), _origin(record))

    def _tell(self, issue: DetectedIssue, partition: int) -> None:
        if issue.time_domain is TimeDomain.SIMULATED:
            self._partitions.tell(partition, milliseconds(issue.at))

    async def _hear(self, heartbeat: PartitionHeartbeat, origin: Origin, epochs: Epochs) -> None:
        watermark_ms = None if heartbeat.watermark is None else milliseconds(heartbeat.watermark)
        await self._store.pass_over(
            origin, epochs, Heard(heartbeat.partition, heartbeat.time_domain, watermark_ms)
        )
        if heartbeat.time_domain is TimeDomain.SIMULATED and watermark_ms is not None:
            self._partitions.tell(heartbeat.partition, watermark_ms)

    async def _hear_of_monitoring(self, seen: Sequence[_Seen], epochs: Epochs) -> None:
        if not seen:
            return
        answers = await self._store.hear_of_monitoring([_measured(one) for _, one in seen])
        for (record, _), answer in zip(seen, answers, strict=True):
            if isinstance(answer, ResponseError):
                await self._refuse(record, epochs, "store-refused", type(answer).__name__)
        await self._store.pass_over(_origin(seen[-1][0]), epochs)

    async def _refuse(self, record: Record, epochs: Epochs, reason: str, detail: str) -> None:
        await self._reject(record, reason, detail)
        await self._store.pass_over(_origin(record), epochs)


def _measured(seen: MonitoringSeen) -> Measured:
    alert, at_ms = alert_id(seen.patient, seen.issue_id), milliseconds(seen.at)
    return Measured(alert, seen.episode, seen.event, at_ms, seen.replaces, seen.taken_back)


def _origin(record: Record) -> Origin:
    return Origin(record.topic, record.partition, record.offset)


def _content(record: Record) -> Content:
    return None if record.value is None else decode(record.value)


def loss_in_words(loss: RecordsLost) -> str:
    """What the operator reads of a loss, with the cure."""
    count = loss.last - loss.first + 1
    return (
        f"{count} records of {loss.topic}, partition {loss.partition}, offsets {loss.first} to {loss.last}, "
        f"were lost before they were judged: {loss.why}. No finding knows what they said of their patients. "
        "Send the facts of that time again from their sources."
    )
