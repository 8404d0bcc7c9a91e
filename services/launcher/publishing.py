"""The story's way into Kafka."""

from types import TracebackType

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.clinical import KnowledgeActivated, SourceHeartbeat
from schemas.identity import SiteKey
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.reading import Event, Reading, Rejected
from services.notifier.store import AlertStore


class Publishing:
    """Publishes readings in order, each confirmed by the broker before the next."""

    def __init__(self, kafka: str, site: SiteKey) -> None:
        self._site = site
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
        self.partitions = 0

    async def __aenter__(self) -> "Publishing":
        await self._producer.start()
        self.partitions = len(await self._producer.partitions_for(PATIENT_EVENTS.name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def publish(self, reading: Reading, event: Event) -> None:
        """One reading: its rejection, and what it states about its patient."""
        if isinstance(reading, Rejected):
            record = reading.rejection
            await self._producer.send_and_wait(
                REJECTED_EVENTS.name, record.model_dump_json().encode(), key=record.origin.key.encode()
            )
        if isinstance(event, SourceHeartbeat | KnowledgeActivated):
            value = event.model_dump_json().encode()
            for partition in range(self.partitions):
                await self._producer.send_and_wait(PATIENT_EVENTS.name, value, partition=partition)
            return
        patient = self._site.patient_key(event.patient)
        value = event.model_copy(update={"patient": patient}).model_dump_json().encode()
        place = partition_of(patient, self.partitions)
        await self._producer.send_and_wait(PATIENT_EVENTS.name, value, key=patient.encode(), partition=place)


async def not_empty(kafka: str, store: AlertStore) -> str:
    """What a given server holds already, in words; empty when there is nothing."""
    if await store.offsets(DETECTED_ISSUES.name):
        return "the store given by --redis is in use by a notifier"
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        partitions = consumer.partitions_for_topic(PATIENT_EVENTS.name) or set()
        places = [TopicPartition(PATIENT_EVENTS.name, partition) for partition in partitions]
        written = sum((await consumer.end_offsets(places)).values()) if places else 0
    finally:
        await consumer.stop()
    return f"{PATIENT_EVENTS.name} at {kafka} holds {written} records already" if written else ""
