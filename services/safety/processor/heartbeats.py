"""Showing that each owned partition is judged, and making sure that it is true.

A heartbeat must not outlive the judging it vouches for. So before each round the log is asked how far it
goes: a partition with records waiting and no progress for `stuck_s` ends the worker, and so does a source
that is no longer the one the ledgers were folded from (a topic created anew while we run).
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faust.types import TP

from schemas.issues import PartitionHeartbeat
from services.safety.processor.changelog import Item
from services.safety.processor.continuity import OffsetReset
from services.safety.processor.identity import how_to_rebuild
from services.safety.processor.refusal import LedgerMismatch

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp


class PartitionStuck(RuntimeError):
    """Records wait in a partition that is ours, and nothing is read from it."""


class Heartbeats:
    """Beats for all partitions at once."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._seen: dict[int, tuple[int, float]] = {}

    async def beat(self, partitions: frozenset[int]) -> None:
        """Send one heartbeat per partition."""
        app = self._app
        app.batch_consumer.check_lease()
        producer = app.batch_producer
        sent = []
        for partition in sorted(partitions):
            heartbeat = PartitionHeartbeat(
                partition=partition,
                at=datetime.now(UTC),
                watermark=app.core.watermark(partition),
                time_domain=app.settings.time_domain,
            )
            item = Item(b"heartbeat:%d" % partition, heartbeat.model_dump_json().encode())
            sent += await producer.send_records(app.settings.topics.issues, partition, [item])
        await producer.delivered(sent)

    async def verify(self, partitions: frozenset[int]) -> None:
        """Raise why no heartbeat may be sent. Writes nothing, so it holds no lock: it may take its time."""
        app, settings = self._app, self._app.settings
        changed = app.source.differences((await app.current_source()).tag())
        if changed:
            rebuild = how_to_rebuild(settings.changelog, settings.group, settings.topics.events)
            raise LedgerMismatch(f"{settings.topics.events} has changed: {'; '.join(changed)}. {rebuild}")
        consumer = app.batch_consumer
        handled = {partition: consumer.next_offset(partition) for partition in partitions}
        ends = await consumer.log_ends([TP(settings.topics.events, p) for p in partitions])
        now = asyncio.get_running_loop().time()
        for tp, end in ends.items():
            expected = handled[tp.partition]
            if expected is not None and consumer.placed(tp.partition):
                self._progress(tp, expected, end, now)

    def _progress(self, tp: TP, expected: int, end: int, now: float) -> None:
        if end < expected:
            raise OffsetReset(
                f"{tp.topic}[{tp.partition}] ends at {end}, below {expected}, which has been handled"
            )
        seen, since = self._seen.get(tp.partition, (-1, now))
        if seen != expected or end == expected:
            self._seen[tp.partition] = (expected, now)
        elif now - since > self._app.settings.stuck_s:
            raise PartitionStuck(
                f"{tp.topic}[{tp.partition}]: {end - expected} records wait, "
                f"none was read for {now - since:.0f} s"
            )
