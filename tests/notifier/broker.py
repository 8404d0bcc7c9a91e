"""The engine's end of `detected-issues`, and a look at any topic."""

from types import TracebackType

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import BaseModel

from schemas.issues import DetectedIssue, PartitionHeartbeat, RecordsLost, SourcesHeard
from schemas.topics import DETECTED_ISSUES, partition_of


class Engine:
    """Writes what the safety processor would write."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")

    async def __aenter__(self) -> "Engine":
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def says(self, *records: DetectedIssue | PartitionHeartbeat | RecordsLost | SourcesHeard) -> None:
        """Write records in order, each into the partition it belongs to; what doors say into the first."""
        for record in records:
            partitions = len(await self._producer.partitions_for(DETECTED_ISSUES.name))
            if isinstance(record, PartitionHeartbeat | RecordsLost):
                await self.writes(_bytes(record), record.partition)
            elif isinstance(record, SourcesHeard):
                await self.writes(_bytes(record), 0)
            else:
                await self.writes(
                    _bytes(record), partition_of(record.patient, partitions), record.issue_id.encode()
                )

    async def writes(self, value: bytes | None, partition: int, key: bytes = b"key") -> None:
        """Write any bytes."""
        await self._producer.send_and_wait(DETECTED_ISSUES.name, value=value, key=key, partition=partition)


def _bytes(record: BaseModel) -> bytes:
    return record.model_dump_json().encode()


async def read_topic(bootstrap: str, topic: str, at_least: int) -> list[bytes]:
    """The values of a topic, once it holds `at_least` records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in range(4)])
        await consumer.seek_to_beginning()
        values: list[bytes] = []
        while len(values) < at_least:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [record.value for record in records]
        return values
    finally:
        await consumer.stop()
