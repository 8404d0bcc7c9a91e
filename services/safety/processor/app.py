"""The Faust app of the safety processor: its parts, and whether its ledgers fit the log."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import faust
from aiokafka.client import AIOKafkaClient
from faust.types import TP

from schemas.issues import RecordsLost
from services.safety.processor.activations import look_ahead
from services.safety.processor.changelog import Item
from services.safety.processor.consumer import BatchConsumer, Fetch
from services.safety.processor.contract import Core
from services.safety.processor.duties import Duties
from services.safety.processor.handler import BatchHandler
from services.safety.processor.identity import SourceIdentity
from services.safety.processor.producer import BatchProducer
from services.safety.processor.refusal import KnowledgeRequired, Refusal
from services.safety.processor.rejects import lost
from services.safety.processor.settings import LEDGER_TABLE, Settings
from services.safety.processor.source import describe, describe_again
from services.safety.processor.store import LedgerStore
from services.safety.processor.verification import verify_ledger

if TYPE_CHECKING:
    from services.safety.processor.worker import LastResort

NOT_COMMITTED = "the group's offset was gone, and the topic no longer begins where the ledgers end"
Handler = Callable[[Fetch], Awaitable[None]]


class BatchApp(faust.App):
    """Faust's app with one batch topic, one table of ledgers, and one lock that all writers share."""

    source: SourceIdentity
    refusal: Refusal | None = None
    last_resort: "LastResort | None" = None

    def __init__(self, settings: Settings, core: Core[Any, Any]) -> None:
        self.settings = settings
        self.core = core
        self.batch_handlers: dict[str, Handler] = {}
        self.exclusive = asyncio.Lock()
        super().__init__(
            settings.group,
            broker="batch://" + settings.kafka.replace(",", ";"),
            store="ledger://",
            topic_disable_leader=True,
            topic_allow_declare=False,
            consumer_auto_offset_reset="earliest",
            broker_commit_interval=settings.commit_s,
            broker_session_timeout=settings.session_s,
            broker_heartbeat_interval=settings.session_s / 5,
            broker_request_timeout=max(settings.request_s, settings.session_s),
            broker_max_poll_records=settings.batch_records,
            producer_request_timeout=settings.request_s,
            producer_max_batch_size=settings.batch_bytes,
            producer_linger=0,
            table_standby_replicas=0,
            stream_wait_empty=True,
            web_enabled=False,
            worker_redirect_stdouts=False,
        )
        self.events = self.topic(settings.topics.events, key_serializer="raw", value_serializer="raw")
        self.table = self.Table(LEDGER_TABLE, key_type=bytes, value_type=bytes)
        self.batch_handlers[settings.topics.events] = BatchHandler(self)
        self.duties = Duties(self)

    @property
    def ledgers(self) -> LedgerStore:
        """The ledgers of the partitions that are ours."""
        return cast(LedgerStore, self.table.data)

    @property
    def batch_consumer(self) -> BatchConsumer:
        """The consumer, by its own type."""
        return cast(BatchConsumer, self.consumer)

    @property
    def batch_producer(self) -> BatchProducer:
        """The producer, by its own type."""
        return cast(BatchProducer, self.producer)

    def is_ledger_changelog(self, topic: str) -> bool:
        """Whether `topic` is the changelog of the ledgers."""
        return topic == self.settings.changelog

    def ready_partitions(self) -> frozenset[int]:
        """The partitions that this worker may write for now; none while the group rearranges itself."""
        consumer = self.batch_consumer
        if self.should_stop or self.rebalancing or self.in_recovery or not consumer.flow_active:
            return frozenset()
        assigned = {tp.partition for tp in consumer.assignment() if tp.topic == self.settings.topics.events}
        return frozenset(partition for partition in assigned if consumer.placed(partition))

    async def on_first_start(self) -> None:
        """Ask the broker for the topics before anything is read."""
        try:
            self.source = await describe(self.settings)
        except Refusal as refusal:
            self.refusal = refusal
            raise
        await super().on_first_start()
        self.topics.add(self.events)

    async def on_started_init_extra_tasks(self) -> None:
        """Recovery is over for the first time: begin with what is not driven by records."""
        await super().on_started_init_extra_tasks()
        self.add_future(self.duties.run())

    async def stop(self) -> None:
        """Stop in good order, or at once if that takes too long."""
        if self.last_resort is not None:
            self.last_resort.arm()
        await super().stop()

    def _create_directories(self) -> None:
        """Nothing is kept on disk."""

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

    @property
    def kafka_client(self) -> AIOKafkaClient:
        """The producer's connection."""
        return self.batch_producer.kafka_client

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
