"""Write to a broker and read back, by the client that the services use."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition


async def write(bootstrap: str, topic: str, *values: bytes) -> None:
    """Each value to partition 0, acknowledged by every replica."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The first `count` values of partition 0; waits until they are there."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        values: list[bytes] = []
        while len(values) < count:
            values += [record.value for record in (await consumer.getmany(timeout_ms=500)).get(place, [])]
        return values
