"""The Faust app of the Kafka door: its parts, and whether its topics are there."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from faust.types import TP

from schemas.base import Contract, TimeDomain
from schemas.issues import RecordsLost
from schemas.rejections import records_lost
from services.intake.door import Door
from services.intake.kafka.forwarding import Forwarding
from services.intake.kafka.reading import RecordReader
from services.intake.kafka.settings import KafkaSettings
from services.intake.records import Records
from services.stream.app import StreamApp
from services.stream.progress import Progress
from services.stream.refusal import Refusal
from services.stream.topics import partition_counts, refuse_narrow
from services.stream.watching import verify_progress
from services.transit.kafka import aiokafka_client

_CURE = "`dosewarden topics` does, on the Kafka that --kafka names; docs/intake.md lists them"


class LogMadeAnew(Refusal):
    """A topic ends before what the group has read of it."""


class KafkaDoor(StreamApp):
    """Reads the topics that sources write and forwards what they say, re-keyed, to `patient-events`."""

    records: Records
    reject_partitions: int

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        live = settings.time_domain is TimeDomain.LIVE
        self.door = Door(clock=(lambda: datetime.now(UTC)) if live else None)
        self._progress = Progress(settings.stuck_s)
        super().__init__(settings)
        kinds = settings.topics.kinds()
        forwarding = Forwarding(self, RecordReader(self.door, kinds))
        self.batch_handlers.update(dict.fromkeys(kinds, forwarding))

    async def check_topics(self) -> None:
        """Learn how many partitions there are to write to; refuse topics that are missing or too narrow."""
        settings, topics = self.settings, self.settings.topics
        producer = AIOKafkaProducer(
            **aiokafka_client(settings.kafka), request_timeout_ms=int(settings.request_s * 1000)
        )
        await producer.start()
        try:
            written = (topics.events, topics.rejects, topics.issues)
            counts = await partition_counts(producer, (*topics.kinds(), *written), _CURE)
            await refuse_narrow(producer.client, written[:2], settings.batch_bytes)
        finally:
            await producer.stop()
        self.records = Records(settings.site, self.door, counts[topics.events])
        self.reject_partitions = counts[topics.rejects]

    async def verify_sources(
        self,
        places: Mapping[TP, int],  # noqa: ARG002
        committed: Mapping[TP, int],
    ) -> None:
        """Refuse a topic made anew, or cut, under the group's old offsets: it would be passed over."""
        ends = await self.batch_consumer.log_ends(committed)
        for tp, offset in committed.items():
            if offset > ends[tp]:
                raise LogMadeAnew(
                    f"the group {self.settings.group} has read {tp.topic}[{tp.partition}] up to {offset}, "
                    f"but it ends at {ends[tp]}: it was made anew or has lost its end. Reset the group there "
                    "to the earliest offset (kafka-consumer-groups.sh --reset-offsets), start again."
                )

    async def on_started_init_extra_tasks(self) -> None:
        """Begin to watch that what is ours is read."""
        await super().on_started_init_extra_tasks()
        self.add_future(self._watch())

    async def _watch(self) -> None:
        while not self.should_stop:
            await verify_progress(self._progress, self.batch_consumer, self.ready_places())
            await self.sleep(self.settings.watch_s)

    async def on_records_lost(self, tp: TP, expected: int, first: int, why: str) -> None:
        """Records were removed unread: leave a trace where people look, and let somebody be called."""
        topics = self.settings.topics
        rejected = records_lost("intake", tp.topic, tp.partition, expected, first - 1)
        loss = RecordsLost(
            topic=tp.topic, partition=tp.partition, first=expected, last=first - 1, why=why,
            at=datetime.now(UTC), time_domain=self.settings.time_domain,
        )  # fmt: skip
        await self._write(topics.rejects, tp.partition, rejected.origin.key, rejected)
        await self._write(topics.issues, tp.partition, loss.id, loss)

    async def _write(self, topic: str, partition: int, key: str, record: Contract) -> None:
        producer = self.batch_producer
        item = (key.encode(), record.model_dump_json().encode(), ())
        where = partition % await producer.partition_count(topic)
        await producer.delivered(await producer.send_records(topic, where, [item]))
