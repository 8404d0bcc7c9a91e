"""What a broker holds already: how many partitions to wait for, and whether it may take invented patients."""

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import PATIENT_EVENTS
from services.transit.kafka import Where, aiokafka_client


@dataclass(frozen=True, slots=True)
class Events:
    """`patient-events` as it stands: its partitions, and how many records were ever written into it."""

    partitions: int
    records: int


async def events_at(kafka: Where) -> Events:
    """Ask a broker; the topic has to be there, or to appear by itself."""
    consumer = AIOKafkaConsumer(PATIENT_EVENTS.name, **aiokafka_client(kafka))
    await consumer.start()
    try:
        partitions = consumer.partitions_for_topic(PATIENT_EVENTS.name) or set()
        places = [TopicPartition(PATIENT_EVENTS.name, partition) for partition in partitions]
        ends = await consumer.end_offsets(places) if places else {}
    finally:
        await consumer.stop()
    return Events(len(partitions), sum(ends.values()))
