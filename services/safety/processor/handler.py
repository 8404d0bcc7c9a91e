"""What happens to one fetch: fold, tell, persist; only then may its offsets be committed.

Tell before persist before commit: a crash in between repeats what was told, with the same ids, and loses
nothing. Nothing is told or written unless the lease holds. A fetch that is much work (merges of long stays)
is taken in portions, each durable before the next: the work of a whole fetch could outlast any lease.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from faust.types import TP

from services.safety.processor.activations import look_ahead
from services.safety.processor.addressing import addressed
from services.safety.processor.folding import PartitionWork, Place
from services.safety.processor.refusal import KnowledgeRequired
from services.safety.processor.rejects import RejectLimit, rejection
from services.stream.consumer import Fetch
from services.stream.producer import Sent

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

YIELD_AFTER_S = 0.02
PORTION_S = 1.0
"""A portion takes no further record once this has passed; the lease is half a session, by default 7.5 s."""


class BatchHandler:
    """Called with every fetch of the source, under the app's lock and a fresh lease."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        settings = app.settings
        self._limit = RejectLimit(settings.reject_limit, settings.reject_window_s)

    async def __call__(self, batch: Fetch) -> None:
        """Handle a fetch; returns once all of it is durable. Any error means that none of it counts."""
        left = await self._portion(batch)
        while left:
            # What the lease was for is durable; a group that moved on is noticed before anything is told.
            lease = self._app.batch_consumer.lease
            lease.begin(lease.generation)
            left = await self._portion(left)

    async def _portion(self, batch: Fetch) -> Fetch:
        """Handle some of a fetch, one record at least; what is left."""
        clock = asyncio.get_running_loop().time
        until = clock() + PORTION_S
        works: dict[TP, PartitionWork[Any]] = {}
        left: Fetch = {}
        for tp, records in batch.items():
            taken = 0
            if not works or clock() < until:
                works[tp], taken = await self._fold(tp, records, until)
            if taken < len(records):
                left[tp] = records[taken:]
        rejects = [reject for work in works.values() for reject in work.rejects]
        if rejects:
            self._limit.count(rejects)
        self._app.batch_consumer.check_lease()
        await self.tell(works)
        self._app.batch_consumer.check_lease()
        await self.persist(works)
        return left

    async def _fold(self, tp: TP, records: list[Any], until: float) -> tuple[PartitionWork[Any], int]:
        try:
            return await self._folded(tp, records, until)
        except KnowledgeRequired as required:
            lease = self._app.batch_consumer.lease
            generation = lease.generation
            await look_ahead(self._app, tp, records[0].offset, required)
            lease.begin(generation)  # looking may have taken longer than a lease; the group knows of us
            self._app.batch_consumer.check_lease()
        return await self._folded(tp, records, until)

    async def _folded(self, tp: TP, records: list[Any], until: float) -> tuple[PartitionWork[Any], int]:
        """Fold records until the clock says `until`; also how many those are."""
        app = self._app
        source = app.source
        place = Place(tp.partition, source.partitions, source.tag())
        work = PartitionWork(app.core, app.ledgers.parts[tp.partition], place, app.settings.batch_bytes)
        clock = asyncio.get_running_loop().time
        yielded, taken = clock(), 0
        for record in records:
            work.take(record)
            taken += 1
            now = clock()
            if now >= until:
                break
            if now - yielded > YIELD_AFTER_S:
                await asyncio.sleep(0)  # heartbeats of the group and the commit timer share this loop
                yielded = clock()
        work.finish()
        return work, taken

    async def tell(self, works: dict[TP, PartitionWork[Any]]) -> None:
        """Send issues and rejects, and wait for Kafka's word on all of them."""
        app, producer = self._app, self._app.batch_producer
        topics, partitions = app.settings.topics, app.source.partitions
        sent: list[Sent] = []
        for tp, work in works.items():
            for (role, partition), items in addressed(work.emitted, tp.partition, partitions).items():
                topic = topics.events if role == "events" else topics.issues
                sent += await producer.send_records(topic, partition, items)
            if work.rejects:
                topic = topics.rejects
                where = tp.partition % await producer.partition_count(topic)
                sent += await producer.send_records(
                    topic, where, [rejection(reject) for reject in work.rejects]
                )
        await producer.delivered(sent)

    async def persist(self, works: dict[TP, PartitionWork[Any]]) -> None:
        """Write the changed ledgers, wait for Kafka's word, and make the new states visible."""
        app, producer = self._app, self._app.batch_producer
        sent = {
            tp.partition: await producer.send_records(app.settings.changelog, tp.partition, work.items)
            for tp, work in works.items()
        }
        for tp, work in works.items():
            landed = await producer.delivered(sent[tp.partition])
            app.ledgers.install(tp.partition, work.written, landed)
            if work.items:
                app.ledgers.parts[tp.partition].mark(work.last, work.memory)
