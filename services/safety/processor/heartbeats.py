"""Showing that each owned partition is judged, and making sure that it is true.

A heartbeat must not outlive the judging it vouches for. So before each round the log is asked how far it
goes: a partition with records waiting and no progress for `stuck_s` ends the worker, and so does a source
that is no longer the one the ledgers were folded from (a topic created anew while we run). Of a partition
that is judged, but more than `late_s` late, nobody is told that all is well: it has no heartbeat until it is
judged in time again. Where time is simulated the heartbeat is the clock, and nothing is late.
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faust.types import TP

from schemas.base import TimeDomain
from schemas.issues import PartitionHeartbeat
from services.safety.processor.changelog import Item
from services.safety.processor.identity import how_to_rebuild
from services.safety.processor.refusal import LedgerMismatch
from services.stream.progress import Progress
from services.stream.watching import verify_progress

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp


class Heartbeats:
    """Beats for all partitions at once."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._progress = Progress(app.settings.stuck_s)

    async def beat(self, partitions: frozenset[int]) -> None:
        """Send one heartbeat per partition that is judged in time; none where the group has moved on."""
        if not partitions:
            return
        app = self._app
        app.batch_consumer.check_lease()
        producer = app.batch_producer
        sent = []
        for partition in sorted(self._in_time(partitions)):
            heartbeat = PartitionHeartbeat(
                partition=partition,
                at=datetime.now(UTC),
                watermark=app.core.watermark(partition),
                time_domain=app.settings.time_domain,
            )
            item = Item(b"heartbeat:%d" % partition, heartbeat.model_dump_json().encode())
            sent += await producer.send_records(app.settings.topics.issues, partition, [item])
        await producer.delivered(sent)

    def _in_time(self, partitions: frozenset[int]) -> frozenset[int]:
        settings, now = self._app.settings, asyncio.get_running_loop().time()
        if settings.time_domain is not TimeDomain.LIVE:
            return partitions
        late = (self._progress.late_s(TP(settings.topics.events, p), now) for p in partitions)
        return frozenset(p for p, by in zip(partitions, late, strict=True) if by <= settings.late_s)

    async def verify(self, partitions: frozenset[int]) -> None:
        """Raise why no heartbeat may be sent. Writes nothing, so it holds no lock: it may take its time.

        What is not ours for now is not waited for: its time begins anew when it comes back.
        """
        app, settings = self._app, self._app.settings
        ours = {TP(settings.topics.events, partition) for partition in partitions}
        changed = app.source.differences((await app.current_source()).tag()) if ours else []
        if changed:
            rebuild = how_to_rebuild(settings.changelog, settings.group, settings.topics.events)
            raise LedgerMismatch(f"{settings.topics.events} has changed: {'; '.join(changed)}. {rebuild}")
        await verify_progress(self._progress, app.batch_consumer, ours)
