"""One record of `detected-issues`: decode, decide how it may page, apply. The whole flow on one screen.

Every record ends as applied, passed over (tombstone, heartbeat, comparison, repetition) or rejected with its
reason, and only then is the next one of its partition looked at.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from redis.exceptions import ResponseError

from schemas.base import TimeDomain
from schemas.issues import (
    DetectedIssue,
    KnowledgeCompared,
    MonitoringSeen,
    PartitionHeartbeat,
    RecordsLost,
    SourcesHeard,
)
from services.notifier.alerts import instant
from services.notifier.change import Change, Origin, milliseconds
from services.notifier.decoding import Undecodable, decode
from services.notifier.heard_sources import HeardSources
from services.notifier.identifiers import alert_id
from services.notifier.lifecycle import IllegalMove
from services.notifier.paging import paging_of
from services.notifier.partitions import Partitions
from services.notifier.policy.deciding import Policy
from services.notifier.routing import routing_of
from services.notifier.store import AlertStore, Epochs, Heard
from services.notifier.tiers import TierPolicy
from services.stream.records import Record

Reject = Callable[[Record, str, str], Awaitable[None]]
TellOnce = Callable[[str, str], Awaitable[None]]


class Pipeline:
    """Applies records, one after the other, to the store.

    `reject(record, reason, detail)` keeps what cannot be; `tell_once(name, text)` raises a technical alert.
    """

    def __init__(
        self,
        store: AlertStore,
        tiers: TierPolicy,
        policy: Policy,
        partitions: Partitions,
        reject: Reject,
        tell_once: TellOnce,
    ) -> None:
        self._store = store
        self._sources = HeardSources(store)
        self._tiers = tiers
        self._policy = policy
        self._partitions = partitions
        self._reject = reject
        self._tell_once = tell_once

    async def take(self, record: Record, epochs: Epochs) -> None:
        """Take one record.

        Raises `StoreEmptied` when the store is not the one of `epochs`, and what Kafka raises.
        """
        origin = Origin(record.topic, record.partition, record.offset)
        if record.value is None:
            await self._store.pass_over(origin, epochs)
            return
        match decode(record.value):
            case Undecodable(reason, detail):
                await self._refuse(record, origin, epochs, reason, detail)
            case PartitionHeartbeat() as heartbeat:
                await self._hear(heartbeat, origin, epochs)
            case KnowledgeCompared():
                await self._store.pass_over(origin, epochs)
            case RecordsLost() as loss:
                await self._tell_once(loss.id, loss_in_words(loss))
                await self._store.pass_over(origin, epochs)
            case SourcesHeard() as heard:
                await self._sources.hear(heard)
                await self._store.pass_over(origin, epochs)
            case MonitoringSeen() as seen:
                await self._store.monitored(
                    alert_id(seen.patient, seen.issue_id), seen.episode, seen.event, milliseconds(seen.at)
                )
                await self._store.pass_over(origin, epochs)
            case DetectedIssue() as issue:
                await self._apply(issue, record, origin, epochs)

    async def _apply(self, issue: DetectedIssue, record: Record, origin: Origin, epochs: Epochs) -> None:
        try:
            paging = paging_of(issue, self._tiers)
            routing = routing_of(issue, paging, self._policy, self._now(issue, origin.partition))
            await self._store.apply(Change(issue, paging, routing, origin), epochs)
        except IllegalMove as error:
            await self._refuse(record, origin, epochs, "illegal-move", str(error))
        except ResponseError as error:
            await self._refuse(record, origin, epochs, "store-refused", type(error).__name__)
        except (ArithmeticError, TypeError, ValueError) as error:
            # Of the record's own values, such as a number of a hundred digits: read again it ends the same.
            await self._refuse(record, origin, epochs, "unusable-value", type(error).__name__)
        if issue.time_domain is TimeDomain.SIMULATED:
            self._partitions.tell(origin.partition, milliseconds(issue.at))

    def _now(self, issue: DetectedIssue, partition: int) -> datetime:
        """The present by the clock that the issue lives by."""
        if issue.time_domain is TimeDomain.LIVE:
            return self._store.present()
        told_ms = self._partitions.told_ms(partition)
        return max(issue.at, instant(told_ms)) if told_ms is not None else issue.at

    async def _hear(self, heartbeat: PartitionHeartbeat, origin: Origin, epochs: Epochs) -> None:
        watermark_ms = None if heartbeat.watermark is None else milliseconds(heartbeat.watermark)
        await self._store.pass_over(
            origin, epochs, Heard(heartbeat.partition, heartbeat.time_domain, watermark_ms)
        )
        if heartbeat.time_domain is TimeDomain.SIMULATED and watermark_ms is not None:
            self._partitions.tell(heartbeat.partition, watermark_ms)

    async def _refuse(self, record: Record, origin: Origin, epochs: Epochs, reason: str, detail: str) -> None:
        await self._reject(record, reason, detail)
        await self._store.pass_over(origin, epochs)


def loss_in_words(loss: RecordsLost) -> str:
    """What the operator reads of a loss, with the cure."""
    count = loss.last - loss.first + 1
    return (
        f"{count} records of {loss.topic}, partition {loss.partition}, offsets {loss.first} to {loss.last}, "
        f"were lost before they were judged: {loss.why}. No finding knows what they said of their patients. "
        "Send the facts of that time again from their sources."
    )
