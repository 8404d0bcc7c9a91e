"""Faust's aiokafka consumer, but records of batch topics go, whole fetch by whole fetch, to one handler.

What stays Faust's: group membership, assignor, table recovery, commit timer, rebalance callbacks, graceful
stop, and streams for all other topics. What changes: `_getmany` takes the batch topics' records out of the
fetch, the offset to commit is the one after the last handled batch, and a revoke or stop first waits for the
batch in flight.

A handler that raises leaves the offset where it was; the exception goes up through Faust's fetcher and ends
the worker. Offsets are committed only for what a handler has returned from.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from services.stream.continuity import Continuity, Verdict
from services.stream.lease import Lease

if TYPE_CHECKING:
    from services.stream.app import StreamApp

Fetch = dict[TP, list[Any]]
PULSES_PER_SESSION = 20
IDLE_FETCH_MS = 200
LOOK_BACK_EVERY_S = 0.9
REMOVED = "the topic had removed them by then (its retention, or by hand)"


class PromptThread(driver.AIOKafkaConsumerThread):
    """Keeps idle fetches short: whatever else is asked of the broker on that connection waits behind them."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = IDLE_FETCH_MS
        return consumer


class BatchConsumer(driver.Consumer):
    """See the module."""

    def _new_consumer_thread(self) -> PromptThread:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._handled: dict[TP, int] = {}
        self._continuity = Continuity()
        self._batch_task: asyncio.Task[None] | None = None
        self._looked_at = 0.0
        super().__init__(*args, **kwargs)
        self.lease = Lease(self.batch_app.conf.broker_session_timeout)
        self._changelogs = self.batch_app.recovering()

    @property
    def batch_app(self) -> "StreamApp":
        """The app, by the type that knows of batch handlers."""
        return cast("StreamApp", self.app)

    def check_lease(self) -> None:
        """Raise `LeaseExpired` unless this worker may still write for the batch in hand."""
        self.lease.check(self.batch_app.consumer_generation_id)

    def handled(self) -> Mapping[TP, int]:
        """The next offset of each partition of a batch topic, everything before it being durable."""
        return self._handled

    async def _fetch(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[Any, list[Any]]:
        """The driver's own fetch; the one place where records come in."""
        return cast(Mapping[Any, list[Any]], await super()._getmany(active_partitions, timeout))

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        asked_at, generation = self.lease.now(), self.batch_app.consumer_generation_id
        in_recovery = self.batch_app.in_recovery
        if in_recovery:
            await self._changelogs.note_positions(self)
        elif self.flow_active and asked_at - self._looked_at > LOOK_BACK_EVERY_S:
            await self._look_back()
            self._looked_at = asked_at
        fetched = await self._fetch(active_partitions, timeout)
        if not fetched or not self.flow_active:
            return fetched  # Faust's getmany seeks back to the committed offsets if the flow was stopped
        batches: dict[str, Fetch] = {}
        rest: Fetch = {}
        for driver_tp, records in fetched.items():
            tp = TP(driver_tp.topic, driver_tp.partition)
            if tp.topic not in self.batch_app.batch_handlers:
                rest[tp] = await self._changelogs.take(self, tp, records) if in_recovery else records
            elif tp in self._active_partitions:
                fresh = await self._admit(tp, records)
                if fresh:
                    batches.setdefault(tp.topic, {})[tp] = list(fresh)
        if batches and self.flow_active:
            # A task of its own, shielded: stopping the fetcher cancels us; the batch must still be finished.
            self._batch_task = asyncio.ensure_future(self._handle(batches, asked_at, generation))
            await asyncio.shield(self._batch_task)
        return rest

    async def _admit(self, tp: TP, records: list[Any]) -> Sequence[Any]:
        verdict, fresh = self._continuity.judge(tp, records)
        if verdict is not Verdict.SEEK_BACK:
            return fresh
        expected, first = self._continuity.expected(tp), records[0].offset
        beyond = first if expected is not None and first > expected else None
        if await self._removed_unread(tp, expected, beyond) == first:
            return records
        await self._go_back(tp, f"out of place: got {first}")
        return []

    async def _removed_unread(self, tp: TP, expected: int | None, in_hand: int | None = None) -> int | None:
        """Accept and tell the loss of records that the log no longer has.

        Answers where to go on: at the log's beginning, or at what is `in_hand` already if that was removed
        meanwhile; None if the log still has everything from `expected` on, or the partition was taken away
        meanwhile: whoever has it now tells the loss.
        """
        start = (await self.log_starts({tp}))[tp]
        if expected is None or start <= expected or self._continuity.expected(tp) != expected:
            return None
        start = start if in_hand is None else min(start, in_hand)
        lost = self._continuity.accept_loss(tp, start)
        self.log.critical("DATA LOST: %d records of %r from %d on were removed unread", lost, tp, expected)
        await self.batch_app.on_records_lost(tp, expected, start, REMOVED)
        return start

    async def _look_back(self) -> None:
        """Go back where the driver believes that we have had more than we have.

        A fetch that vanished at the end of the log would otherwise be noticed only when something follows it.
        Here the batch before is finished and nothing is under way, so the driver's position must be expected.
        """
        for tp in list(self._active_partitions):
            expected = self._continuity.expected(tp)
            if expected is None:
                continue
            position = await self.position(tp)
            if position is None or position <= expected or not self.flow_active:
                continue
            if await self._removed_unread(tp, expected) != position:
                await self._go_back(tp, f"gap: position is {position}")

    async def _go_back(self, tp: TP, why: str) -> None:
        """Seek what we must see next, unless the partition was taken away while the broker was asked."""
        expected = self._continuity.expected(tp)
        if expected is not None:
            self.log.warning("%r: %s; seeking back to what is expected, %s", tp, why, expected)
            await self.seek_if_ours(tp, expected)

    async def _handle(self, batches: Mapping[str, Fetch], asked_at: float, generation: int) -> None:
        app = self.batch_app
        async with app.exclusive:
            if not self.flow_active or generation != app.consumer_generation_id:
                return  # the group rearranged itself since the fetch; the records will come again
            self.lease.begin(generation, asked_at)
            for topic, batch in batches.items():
                await app.batch_handlers[topic](batch)
                for tp, records in batch.items():
                    self._note_handled(tp, records)
        every = self._commit_every
        if every is not None and self._n_acked >= every:
            self._n_acked = 0
            await self.commit()

    def _note_handled(self, tp: TP, records: Sequence[Any]) -> None:
        following = records[-1].offset + 1
        self._handled[tp] = following
        self._continuity.advance(tp, following)
        self._n_acked += len(records)
        monitor = self.batch_app.monitor  # fed once per batch, or Faust's livelock detector cries wolf
        monitor.stream_inbound_time[tp] = asyncio.get_running_loop().time()
        monitor.track_tp_end_offset(tp, self.highwater(tp))
        monitor.messages_received_total += len(records)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        yield from super()._filter_tps_with_pending_acks(topics)
        for tp in list(self._handled):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic in self.batch_app.batch_handlers:
            return self._handled.get(tp)
        return super()._new_offset(tp)

    async def wait_empty(self) -> None:
        """Called on revoke and stop: let the batch in flight finish, then commit."""
        task = self._batch_task
        if task is not None and not task.done():
            await asyncio.wait([task])
        async with self.batch_app.exclusive:
            await super().wait_empty()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget revoked partitions only after Faust has waited for them and committed."""
        await super().on_partitions_revoked(revoked)
        self._continuity.forget(revoked)
        for tp in revoked:
            self._handled.pop(tp, None)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Begin where the broker says we left off, after a look at whether that can be right."""
        committed = await super().seek_to_committed()
        ours = {
            TP(tp.topic, tp.partition): offset
            for tp, offset in committed.items()
            if tp.topic in self.batch_app.batch_handlers
        }
        known = {tp: offset for tp, offset in ours.items() if offset is not None and offset >= 0}
        starts = await self.log_starts(ours.keys() - known.keys())
        if starts:
            # The driver seeks only where something is committed. Elsewhere it would go on from where fetches
            # that nobody took (during recovery, say) have left it.
            await super().seek_wait(starts)
        places = {**starts, **known}
        if places:
            await self.batch_app.verify_sources(places, known)
        self._continuity.place(places)
        return committed

    async def seek_wait(self, partitions: Mapping[TP, int | None]) -> None:
        """Move, and remember where a changelog is to be read from."""
        await super().seek_wait(cast(Mapping[TP, int], partitions))
        self._changelogs.sought(partitions)

    async def seek_if_ours(self, tp: TP, offset: int) -> None:
        """Move within a partition, unless a rebalance of which we have not heard yet has taken it:
        whoever has it now reads on.
        """
        try:
            await self.seek_wait({tp: offset})
        except IllegalStateError:
            self.log.info("%r was taken away meanwhile and is not sought", tp)

    async def position(self, tp: TP) -> int | None:
        """Where the client reads on; None where it does not know, or has the partition no more."""
        try:
            return await super().position(tp)
        except IllegalStateError:
            return None

    def highwater(self, tp: TP) -> int:
        """Where the log ended when it was last fetched, for the monitor."""
        try:
            return super().highwater(tp)
        except AssertionError:  # the client's word for a partition that it has no more
            return self.batch_app.monitor.tp_end_offsets.get(tp, self._handled.get(tp, 0))

    def next_offset(self, tp: TP) -> int | None:
        """The next offset of a batch topic to be handled; None for a partition not placed."""
        return self._continuity.expected(tp)

    async def log_starts(self, tps: Iterable[TP]) -> dict[TP, int]:
        """The first offset that the broker still has, per partition."""
        wanted = list(tps)
        return _by_tp(await self.earliest_offsets(*wanted)) if wanted else {}

    async def log_ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        """One beyond the last offset, per partition, asked of the broker now."""
        wanted = list(tps)
        return _by_tp(await self.highwaters(*wanted)) if wanted else {}

    @Service.task
    async def _feel_pulse(self) -> None:
        while not self.should_stop:
            self.lease.pulse()
            await self.sleep(self.batch_app.conf.broker_session_timeout / PULSES_PER_SESSION)


def _by_tp(offsets: Mapping[Any, int]) -> dict[TP, int]:
    return {TP(tp.topic, tp.partition): offset for tp, offset in offsets.items()}
