"""The Faust app under safety and intake: batch topics, a handler for each, one lock for all writers."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import faust
from aiokafka.client import AIOKafkaClient
from faust.types import TP

from services.stream.consumer import BatchConsumer, Fetch
from services.stream.credentials import credentials
from services.stream.producer import BatchProducer
from services.stream.recovering import Recovering
from services.stream.refusal import Refusal
from services.stream.settings import StreamSettings
from services.transit.kafka import broker

if TYPE_CHECKING:
    from services.stream.running import LastResort

Handler = Callable[[Fetch], Awaitable[None]]


class StreamApp(faust.App):
    """Faust's app, with the records of `batch_handlers`' topics given to these, whole fetch by whole fetch.

    A handler returns when all it made of a fetch is durable; `options` are Faust's own.
    """

    refusal: Refusal | None = None
    last_resort: "LastResort | None" = None

    def __init__(self, settings: StreamSettings, **options: Any) -> None:
        self.shell = settings
        kafka = broker(settings.kafka)
        self.batch_handlers: dict[str, Handler] = {}
        self.exclusive = asyncio.Lock()
        super().__init__(
            settings.group,
            broker="fetch://" + kafka.addresses.replace(",", ";"),
            broker_credentials=credentials(kafka),
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
            **options,
        )

    @property
    def batch_consumer(self) -> BatchConsumer:
        """The consumer, by its own type."""
        return cast(BatchConsumer, self.consumer)

    @property
    def batch_producer(self) -> BatchProducer:
        """The producer, by its own type."""
        return cast(BatchProducer, self.producer)

    @property
    def kafka_client(self) -> AIOKafkaClient:
        """The producer's connection."""
        return self.batch_producer.kafka_client

    def ready_places(self) -> frozenset[TP]:
        """What of the batch topics this worker reads for now; nothing while the group rearranges itself."""
        consumer = self.batch_consumer
        if self.should_stop or self.rebalancing or self.in_recovery or not consumer.flow_active:
            return frozenset()
        assigned = {TP(tp.topic, tp.partition) for tp in consumer.assignment()}
        return frozenset(
            tp for tp in assigned if tp.topic in self.batch_handlers and consumer.next_offset(tp) is not None
        )

    def recovering(self) -> Recovering:
        """What reads the changelogs while tables are recovered."""
        return Recovering()

    async def verify_sources(self, places: Mapping[TP, int], committed: Mapping[TP, int]) -> None:
        """Called whenever the consumer seeks: raise where reading must not go on so.

        `places`: where reading goes on; `committed`: the same, only where the group had committed something.
        """

    @abstractmethod
    async def on_records_lost(self, tp: TP, expected: int, first: int, why: str) -> None:
        """Records from `expected` to before `first` were removed unread: tell somebody."""

    async def check_topics(self) -> None:
        """Ask the broker for the topics before anything is read; raise a `Refusal` where they do not fit."""

    async def on_first_start(self) -> None:
        """Look at the topics, then subscribe."""
        try:
            await self.check_topics()
        except Refusal as refusal:
            self.refusal = refusal
            raise
        await super().on_first_start()
        for name in self.batch_handlers:
            self.topics.add(self.topic(name, key_serializer="raw", value_serializer="raw"))

    async def stop(self) -> None:
        """Stop in good order, or at once if that takes too long."""
        if self.last_resort is not None:
            self.last_resort.arm()
        await super().stop()

    def _create_directories(self) -> None:
        """Nothing is kept on disk."""
