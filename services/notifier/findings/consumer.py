"""Reads `detected-issues` in strict offset order per partition.

House rules:
1. The offsets kept in the store decide where reading goes on, not the group's: each shard's changes in the
   same step as the alerts, and what all have done is noted behind them (progress.py). The group's offsets are
   committed afterwards, for lag monitors only.
2. An empty store means reading from the beginning, after it was rebuilt from `alert-state` and
   `alert-history`.
3. A log that ends before the kept offset is another log (the topic was made anew): it is read from its
   beginning.
4. A store emptied while we run is noticed by its epoch, before anything is written, and begins again with
   rule 2.
"""

import asyncio
import logging
from collections.abc import Callable

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import ALERT_HISTORY, ALERT_STATE, DETECTED_ISSUES
from services.notifier.degraded.outage import Outage
from services.notifier.findings.group import Member
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.pipeline import Pipeline
from services.notifier.findings.progress import Progress
from services.notifier.leaving import leave
from services.notifier.record.rebuilding import rebuild
from services.notifier.record.whole_topic import CannotRead
from services.notifier.stopping import Stop, goodbye
from services.notifier.store.alert_store import AlertStore, Epochs, StoreEmptied
from services.notifier.store.connection import StoreUnavailable
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_BETWEEN_STOPS = 100
_POLL_MS = 1_000
_RETRY_S = 1.0


class IssueConsumer:
    """Feeds the pipeline. `commit` is a method of its own, since a crash before it must cost nothing.

    `reading` is called after each look for records, whether or not there were any. `began` is set while
    there is a connection to Kafka to ask on.
    """

    def __init__(
        self,
        kafka: Where,
        group: str,
        store: AlertStore,
        pipeline: Pipeline,
        partitions: Partitions,
        producer: AIOKafkaProducer,
        reading: Callable[[], None] = lambda: None,
        outage: Outage | None = None,
    ) -> None:
        self._kafka = kafka
        self._group = group
        self._store = store
        self._pipeline = pipeline
        self._partitions = partitions
        self._producer = producer
        self._reading = reading
        self._outage = outage
        self._next: dict[TopicPartition, int] = {}
        self._behind: dict[TopicPartition, int] = {}
        self._epochs: Epochs = {}
        self.began = asyncio.Event()
        self._progress = Progress(store, self.commit)

    async def run(self, stop: Stop) -> None:
        """Read until `stop`; records that were begun are finished."""
        self._member = Member(self._kafka, self._group)
        self._consumer, self._assignment = self._member.consumer, self._member.assignment
        try:
            await self._consumer.start()
            self.began.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._progress.run(stop))
                tasks.create_task(self._read(stop))
            await goodbye(self._progress.keep(), "noting how far we are")
        finally:
            self.began.clear()
            await leave(self._consumer, "leaving the group")

    async def ask(self) -> None:
        """As `Member.ask`; only while `began` is set."""
        await self._member.ask()

    async def _read(self, stop: Stop) -> None:
        while not stop:
            try:
                await self._look_or_outlast(stop)
            except (KafkaError, CannotRead) as error:
                # Timers and tellings of what is known go on: they need the store only.
                log.error("kafka is no help (%s): placing the partitions anew", type(error).__name__)
                self._assignment.unplaced |= self._consumer.assignment()
                await stop.sleep(_RETRY_S)

    async def _look_or_outlast(self, stop: Stop) -> None:
        try:
            await self._look(stop)
        except StoreUnavailable:
            await self._without_store(stop)

    async def _look(self, stop: Stop) -> None:
        if self._assignment.unplaced:
            await stop.or_else(self._place())
            return
        batch = await stop.or_else(self._consumer.getmany(timeout_ms=_POLL_MS))
        await self._take(batch or {}, stop)
        # On a quiet night too: no record may come that would find the store away.
        await stop.or_else(self._store.look_at_clock())
        self._reading()

    async def _without_store(self, stop: Stop) -> None:
        """Page what is loudest until the store is back, from where it stood; then place everything anew."""
        if self._outage is None:
            raise StoreUnavailable("Redis did not answer")
        for place in self._assignment.lost:
            self._next.pop(place, None)
            self._behind.pop(place, None)
        self._assignment.lost.clear()
        self._assignment.unplaced.clear()
        starts: dict[TopicPartition, int] = {}
        ours = self._consumer.assignment()
        unsure = [place for place in ours if place not in self._next or place in self._behind]
        for place in self._consumer.assignment():
            start = self._next.get(place)
            start = await self._member.committed(place) if start is None else start
            # Of a partition that was never read nobody knows what was paged: the store decides, once back.
            if start is not None:
                starts[place] = start
        await self._outage.serve(
            self._consumer, starts, lambda: bool(self._assignment.unplaced), stop, unsure
        )
        self._assignment.unplaced |= self._consumer.assignment()

    async def _place(self) -> None:
        """Seek every partition that is ours and not placed yet to where the store stands."""
        epochs = await self._store.begin()
        await self._store.now_ms()
        if self._epochs and epochs != self._epochs:
            self._assignment.unplaced |= self._consumer.assignment()
        self._epochs = epochs
        wanted = frozenset(self._assignment.unplaced)
        await self._progress.forget(wanted)
        kept = await self._store.offsets(DETECTED_ISSUES.name)
        furthest = await self._store.furthest(DETECTED_ISSUES.name)
        starts = await self._consumer.beginning_offsets(list(wanted))
        ends = await self._consumer.end_offsets(list(wanted))
        lost = [p for p in wanted if p.partition not in kept]
        for partition in wanted:
            if furthest.get(partition.partition, -1) >= ends[partition]:
                log.error("%s was made anew: reading it from its beginning", partition)
                await self._store.forget_offsets(partition.topic, partition.partition)
                kept.pop(partition.partition, None)
        if any(partition.partition not in kept for partition in wanted):
            await self._remember({p.partition for p in wanted if p.partition not in kept})
        fresh = [partition for partition in lost if await self._member.committed(partition) is None]
        for partition in set(lost).difference(fresh):
            await self._store.read_again(partition.topic, partition.partition, ends[partition])
        if self._outage is not None:
            await self._outage.merge.claim({p.partition for p in wanted}, kept)
        for partition, start in starts.items():
            starts[partition] = kept.get(partition.partition, start - 1) + 1
        try:
            await self._progress.begin(starts, epochs)
        except StoreEmptied:
            return
        # Who never committed anything never told anything: said before the first record is read.
        await self._member.commit({partition: starts[partition] for partition in fresh})
        for partition in wanted & self._consumer.assignment():
            self._next[partition] = starts[partition]
            # What another one took of it last, and did not say yet, is read once more.
            if ends[partition] > starts[partition]:
                self._behind[partition] = ends[partition]
            self._consumer.seek(partition, starts[partition])
        self._assignment.lost -= wanted
        self._assignment.unplaced -= wanted
        for told, at_ms in (await self._store.told_times()).items():
            self._partitions.tell(told, at_ms)
        total = self._consumer.partitions_for_topic(DETECTED_ISSUES.name) or ()
        self._partitions.own((p.partition for p in self._consumer.assignment()), len(total))

    async def _remember(self, unread: set[int]) -> None:
        history = set(await self._producer.partitions_for(ALERT_HISTORY.name))
        state = set(await self._producer.partitions_for(ALERT_STATE.name))
        total = set(self._consumer.partitions_for_topic(DETECTED_ISSUES.name) or ())
        await rebuild(self._kafka, self._store, unread if history == state == total else None)

    async def _take(self, batch: dict[TopicPartition, list[ConsumerRecord]], stop: Stop) -> None:
        placed = {p: records for p, records in batch.items() if p not in self._assignment.unplaced}
        if not placed:
            return
        epochs = self._epochs
        outcomes = await asyncio.gather(
            *(
                self._take_partition(partition, records, epochs, stop)
                for partition, records in placed.items()
            ),
            return_exceptions=True,
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for partition, outcome in zip(placed, outcomes, strict=True):
            if isinstance(outcome, KafkaError):
                self._hold(partition)
                failures.remove(outcome)
        for failure in failures:
            if isinstance(failure, StoreUnavailable):
                self._assignment.unplaced |= self._consumer.assignment()
            if not isinstance(failure, StoreEmptied):
                raise failure
        if failures:
            log.error("the store was emptied while we ran: rebuilding it")
            self._assignment.unplaced |= self._consumer.assignment()
            return

    async def _take_partition(
        self, partition: TopicPartition, records: list[ConsumerRecord], epochs: Epochs, stop: Stop
    ) -> None:
        for start in range(0, len(records), _BETWEEN_STOPS):
            if stop:
                return
            some = records[start : start + _BETWEEN_STOPS]
            await self._pipeline.take_all(some, epochs)
            self._next[partition] = some[-1].offset + 1
            if self._next[partition] >= self._behind.get(partition, 0):
                self._behind.pop(partition, None)
            self._progress.took(partition, self._next[partition], epochs)
            if self._outage is not None:
                await self._outage.merge.settle(partition.partition, some[-1].offset)

    def _hold(self, partition: TopicPartition) -> None:
        """Kafka does not take what one of its records leaves behind: the others do not wait for that."""
        log.error("%s waits: kafka does not take a record", partition)
        if partition in self._consumer.assignment():
            self._consumer.pause(partition)
            self._consumer.seek(partition, self._next[partition])
            asyncio.get_running_loop().call_later(_RETRY_S, self._go_on, partition)

    def _go_on(self, partition: TopicPartition) -> None:
        if partition in self._consumer.paused():
            self._consumer.resume(partition)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Tell the group how far we are. A refusal is harmless: the store knows better."""
        await self._member.commit(offsets)
