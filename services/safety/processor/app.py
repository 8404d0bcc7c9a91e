"""The Faust app of the safety processor: its parts, and whether its ledgers fit the log."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from faust.types import TP

from schemas.issues import RecordsLost
from services.safety.processor.activations import look_ahead
from services.safety.processor.changelog import Item
from services.safety.processor.contract import Core
from services.safety.processor.duties import Duties
from services.safety.processor.handler import BatchHandler
from services.safety.processor.identity import SourceIdentity
from services.safety.processor.recovery import ChangelogReader
from services.safety.processor.refusal import KnowledgeRequired
from services.safety.processor.rejects import lost
from services.safety.processor.settings import LEDGER_TABLE, Settings
from services.safety.processor.source import describe, describe_again
from services.safety.processor.store import LedgerStore
from services.safety.processor.verification import verify_ledger
from services.stream.app import StreamApp

NOT_COMMITTED = "the group's offset was gone, and the topic no longer begins where the ledgers end"


class BatchApp(StreamApp):
    """One batch topic and one table of ledgers."""

    source: SourceIdentity

    def __init__(self, settings: Settings, core: Core[Any, Any]) -> None:
        self.settings = settings
        self.core = core
        super().__init__(settings, store="ledger://")
        self.table = self.Table(LEDGER_TABLE, key_type=bytes, value_type=bytes)
        self.batch_handlers[settings.topics.events] = BatchHandler(self)
        self.duties = Duties(self)

    @property
    def ledgers(self) -> LedgerStore:
        """The ledgers of the partitions that are ours."""
        return cast(LedgerStore, self.table.data)

    def is_ledger_changelog(self, topic: str) -> bool:
        """Whether `topic` is the changelog of the ledgers."""
        return topic == self.settings.changelog

    def ready_partitions(self) -> frozenset[int]:
        """The partitions that this worker may write for now; none while the group rearranges itself."""
        return frozenset(tp.partition for tp in self.ready_places())

    def next_offset(self, partition: int) -> int | None:
        """The next offset of the source to be handled; None for a partition not placed."""
        return self.batch_consumer.next_offset(TP(self.settings.topics.events, partition))

    def recovering(self) -> ChangelogReader:
        """Reads the ledgers' changelog."""
        return ChangelogReader(self)

    async def check_topics(self) -> None:
        """Learn which log this is; refuse topics that cannot work together."""
        self.source = await describe(self.settings)

    async def on_started_init_extra_tasks(self) -> None:
        """Recovery is over for the first time: begin with what is not driven by records."""
        await super().on_started_init_extra_tasks()
        self.add_future(self.duties.run())

    async def on_records_lost(self, tp: TP, expected: int, first: int, why: str) -> None:
        """Records were removed unread: leave a trace where people look, and let somebody be called."""
        await self.send_rejections(tp.partition, [lost(tp.topic, tp.partition, expected, first)])
        loss = RecordsLost(
            topic=tp.topic, partition=tp.partition, first=expected, last=first - 1, why=why,
            at=datetime.now(UTC), time_domain=self.settings.time_domain,
        )  # fmt: skip
        item = Item(loss.id.encode(), loss.model_dump_json().encode())
        producer = self.batch_producer
        await producer.delivered(
            await producer.send_records(self.settings.topics.issues, tp.partition, [item])
        )

    async def send_rejections(self, partition: int, items: list[Any]) -> None:
        """Write to `rejected-events` and wait for Kafka's word."""
        topic = self.settings.topics.rejects
        count = await self.batch_producer.partition_count(topic)
        await self.batch_producer.delivered(
            await self.batch_producer.send_records(topic, partition % count, items)
        )

    async def current_source(self) -> SourceIdentity:
        """The source as the broker describes it now."""
        return await describe_again(self.kafka_client, self.source)

    async def verify_sources(self, places: Mapping[TP, int], committed: Mapping[TP, int]) -> None:
        """Refuse to go on with ledgers that do not fit the log; then let the core recall its partitions.

        `places`: where reading goes on; `committed`: the same, only where the group had committed something.
        Called whenever the consumer seeks; what was not recovered yet is verified when it is.
        """
        ledgers = self.ledgers
        if not ledgers.recovered:
            return
        consumer = self.batch_consumer
        now = await self.current_source()
        changelogs = {tp: TP(self.settings.changelog, tp.partition) for tp in places}
        ends = await consumer.log_ends([*places, *changelogs.values()])
        starts = await consumer.log_starts(changelogs.values())
        for tp, resume_at in places.items():
            part = ledgers.parts.get(tp.partition)
            if part is None:
                continue
            log_bounds = (starts[changelogs[tp]], ends[changelogs[tp]])
            verify_ledger(
                self.settings, self.source, now, part, tp, resume_at, committed.get(tp), ends[tp], log_bounds
            )
            if tp not in committed and 0 <= part.marked < resume_at - 1:
                await self.on_records_lost(tp, part.marked + 1, resume_at, NOT_COMMITTED)
            try:
                self.core.recall(tp.partition, part.memory)
            except KnowledgeRequired as required:
                await look_ahead(self, tp, resume_at, required)
        for partition in ledgers.take_dropped():
            self.core.forget(partition)


def create_app(settings: Settings, core: Core[Any, Any]) -> BatchApp:
    """The app around any core; connects to nothing until it is started."""
    return BatchApp(settings, core)
