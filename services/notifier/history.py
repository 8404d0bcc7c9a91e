"""Reads `alert-history` to its present end, so that an empty store remembers what people did."""

import logging
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from schemas.alerts import AlertHistoryEntry
from schemas.topics import ALERT_HISTORY
from services.notifier.memory import Memory
from services.transit.kafka import Where, aiokafka_client

log = logging.getLogger(__name__)


async def read_memories(kafka: Where, partitions: Iterable[int]) -> list[Memory]:
    """One memory per alert in these partitions of `alert-history`. Raises what Kafka raises."""
    consumer = AIOKafkaConsumer(**aiokafka_client(kafka), group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        return await _fold(
            consumer, [TopicPartition(ALERT_HISTORY.name, partition) for partition in partitions]
        )
    finally:
        await consumer.stop()


async def _fold(consumer: AIOKafkaConsumer, wanted: list[TopicPartition]) -> list[Memory]:
    consumer.assign(wanted)
    starts = await consumer.beginning_offsets(wanted)
    ends = await consumer.end_offsets(wanted)
    behind = {partition for partition in wanted if starts[partition] < ends[partition]}
    for partition in behind:
        consumer.seek(partition, starts[partition])
    memories: dict[str, Memory] = {}
    while behind:
        for records in (await consumer.getmany(*behind, timeout_ms=1_000)).values():
            for record in records:
                _take(memories, record.value)
        behind = {partition for partition in behind if await consumer.position(partition) < ends[partition]}
    return list(memories.values())


def _take(memories: dict[str, Memory], value: bytes | None) -> None:
    try:
        entry = AlertHistoryEntry.model_validate_json(value or b"")
    except ValidationError:
        log.error("a record of alert-history cannot be read and is passed over")
        return
    memory = memories.setdefault(entry.alert_id, Memory(entry.alert_id, entry.patient))
    memory.take(entry)
