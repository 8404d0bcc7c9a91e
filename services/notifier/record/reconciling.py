"""Compares every minute what the store holds with what `alert-state` says, counts the differences and repairs
them.

A difference is a loss that nobody noticed: the store forgot a write that it had answered, or a snapshot never
reached Kafka. Each process looks at the partitions that it owns.
"""

import logging
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.alert_state import AlertSnapshot
from schemas.topics import ALERT_STATE, partition_of
from services.notifier.findings.partitions import Partitions
from services.notifier.metrics.counters import Counters
from services.notifier.record.alert_state import KeptState
from services.notifier.record.snapshots import reinstate, send_snapshots, taken
from services.notifier.record.whole_topic import CannotRead, WholeTopic
from services.notifier.stopping import Stop
from services.notifier.store.connection import Connection
from services.notifier.store.held import Held, held_alerts, sequences
from services.notifier.store.lifecycle import LIVE
from services.notifier.watching.technical import TechnicalAlerts
from services.notifier.watching.unreadable import tell_unreadable
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Drift:
    """Live alerts by what was wrong, by their ids.

    `lost`: the store did not hold them, or held them as they were before; they were reinstated. `unrecorded`:
    at two looks in a row their last snapshot told less than the store, or another state. `damaged`: what the
    store holds makes no sense, so that it can neither be compared nor be put back.
    """

    lost: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


class Comparison:
    """What `alert-state` says of live alerts, kept up to date, and how it compares with the store."""

    def __init__(self, connection: Connection, kafka: Where, partitions: Partitions) -> None:
        self._connection = connection
        self._kafka = kafka
        self._partitions = partitions
        self._count = 0
        self._read: dict[int, int] = {}
        self._told: dict[str, AlertSnapshot] = {}
        self._ahead: dict[str, int] = {}

    async def look(self) -> Drift:
        """Compare, and reinstate what is lost. Raises `CannotRead`."""
        await self._catch_up()
        lost, damaged = await self._lost()
        held, unread = await held_alerts(self._connection)
        ahead = {alert.alert: alert.sequence for alert in held if self._is_ahead(alert)}
        stayed = tuple(alert for alert, sequence in ahead.items() if self._ahead.get(alert) == sequence)
        self._ahead = ahead
        return Drift(lost, stayed, tuple(dict.fromkeys([*damaged, *unread])))

    async def _catch_up(self) -> None:
        """Read what was written to the topic since the last look; all of a partition that is newly ours."""
        kept = KeptState()
        async with WholeTopic.opened(self._kafka, ALERT_STATE.name) as topic:
            self._count = len(topic.partitions)
            alike = self._count == self._partitions.total
            owned = self._partitions.owned if alike else topic.partitions
            if self._read.keys() - owned:
                self._read, self._told, self._ahead = {}, {}, {}
            self._read = {partition: self._read.get(partition, 0) for partition in owned}
            async for record in topic.records(owned, self._read):
                kept.take(record.value)
                self._read[record.partition] = record.offset + 1
        for alert, snapshot in kept.snapshots.items():
            if snapshot.state in LIVE:
                self._told[alert] = snapshot
            else:
                self._told.pop(alert, None)

    async def _lost(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Put back those of which the store knows less than their snapshot; which, and which are damaged."""
        counted = await sequences(self._connection, list(self._told))
        less = [
            snapshot
            for alert, snapshot in self._told.items()
            if alert not in counted.damaged and counted.last.get(alert, -1) < snapshot.sequence
        ]
        reinstated = await reinstate(self._connection, less)
        return reinstated.alerts, counted.damaged + reinstated.refused

    def _is_ahead(self, held: Held) -> bool:
        if partition_of(held.patient, self._count) not in self._read:
            return False
        told = self._told.get(held.alert)
        return told is None or told.sequence < held.sequence or told.state != held.state


class Reconciler:
    """Looks every minute; what was found is counted, repaired and, where alerts were lost, told."""

    def __init__(
        self,
        comparison: Comparison,
        connection: Connection,
        producer: AIOKafkaProducer,
        technical: TechnicalAlerts,
        counters: Counters,
    ) -> None:
        self._comparison = comparison
        self._connection = connection
        self._producer = producer
        self._technical = technical
        self._counters = counters

    async def run(self, stop: Stop) -> None:
        """Compare until `stop`. What cannot be compared now is compared the next time, and counted."""
        while not await stop.sleep(_EVERY_S):
            try:
                await stop.or_else(self.reconcile())
            except (CannotRead, KafkaError) as error:
                self._counters.drift("not-compared", 1)
                log.warning("the store could not be compared with the topics: %s", error)

    async def reconcile(self) -> Drift:
        """Compare once and repair. Raises `CannotRead` and what Kafka raises."""
        drift = await self._comparison.look()
        self._counters.drift("lost", len(drift.lost))
        self._counters.drift("unrecorded", len(drift.unrecorded))
        self._counters.drift("damaged", len(drift.damaged))
        damaged = drift.damaged
        if drift.unrecorded:
            found = await taken(self._connection, drift.unrecorded)
            await send_snapshots(self._producer, found.snapshots)
            log.error("%d alerts had no snapshot of how they stand", len(drift.unrecorded))
            damaged += found.damaged
        so = "it is neither compared with alert-state nor put back from it"
        await tell_unreadable(self._technical.report, damaged, so)
        if drift.lost:
            log.error("the store had lost %d alerts", len(drift.lost))
            await self._technical.report(
                "store-drift",
                "The store had lost alerts; they were put back. Look at its disk; appendfsync must be always",
            )
        return drift
