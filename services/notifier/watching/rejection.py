"""What cannot be read goes to `rejected-events`, as `schemas.rejections` has it."""

from aiokafka import AIOKafkaProducer

from schemas.rejections import Origin, rejected_event
from schemas.topics import REJECTED_EVENTS
from services.stream.records import Record

HOP = "notifier"


def rejection_of(record: Record, reason: str, detail: str) -> tuple[bytes, bytes]:
    """Key (the origin, so that a repetition can be seen) and value of the record for `rejected-events`."""
    origin = Origin(topic=record.topic, partition=record.partition, offset=record.offset)
    rejected = rejected_event(HOP, origin, record.value or b"", reason, detail)
    return origin.key.encode(), rejected.model_dump_json().encode()


class Rejecter:
    """Sends rejections and waits for Kafka's word: a record is passed over only once its reason is safe."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def reject(self, record: Record, reason: str, detail: str) -> None:
        """Send one; raises what the producer raises."""
        key, value = rejection_of(record, reason, detail)
        await self._producer.send_and_wait(REJECTED_EVENTS.name, value=value, key=key)
