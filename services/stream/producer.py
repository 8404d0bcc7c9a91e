"""Faust's aiokafka producer, plus whole record batches to a named partition.

Idempotent, so that a retry neither duplicates nor reorders. aiokafka then retries for ever, also while the
broker is gone; `delivered` therefore bounds the wait, and the worker dies with its offset standing.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.client import AIOKafkaClient
from faust.transport.drivers import aiokafka as driver

from services.stream.records import Headers

FRAMING_BYTES = 64
HEADER_FRAMING_BYTES = 10


class RecordTooLarge(ValueError):
    """A record above the producer's limit; nothing of its call was sent."""

    def __init__(self, topic: str, key: bytes, size: int) -> None:
        super().__init__(f"a record of {size} bytes is too large for {topic}")
        self.topic = topic
        self.key = key
        self.size = size


class DeliveryTimeout(RuntimeError):
    """Kafka did not confirm a write in time. The write may still have happened."""


class Sent(NamedTuple):
    """One record batch on its way: how many records, and Kafka's word on it."""

    records: int
    delivery: Awaitable[Any]


class Landed(NamedTuple):
    """One record batch that is durable: its first offset and how many records."""

    offset: int
    records: int


def wire_size(key: bytes, value: bytes | None, headers: Headers) -> int:
    """An upper bound of one record's bytes on the wire."""
    size = FRAMING_BYTES + len(key) + len(value or b"")
    for name, data in headers:
        size += HEADER_FRAMING_BYTES + len(name) + len(data)
    return size


class BatchProducer(driver.Producer):
    """Sends all of one partition's records as one record batch, or as few as the size limit allows."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": True}

    async def send_records(
        self, topic: str, partition: int, items: Iterable[tuple[bytes, bytes | None, Headers]]
    ) -> list[Sent]:
        """Queue `items` in order; raise `RecordTooLarge` before anything of this call is sent."""
        producer = self._ensure_producer()
        limit = self.max_batch_size
        batches = []
        batch = None
        room = 0
        for key, value, headers in items:
            size = wire_size(key, value, headers)
            if size > limit:
                raise RecordTooLarge(topic, key, size)
            if batch is None or size > room:
                batch = producer.create_batch()
                batches.append(batch)
                room = limit
            if batch.append(timestamp=None, key=key, value=value, headers=list(headers)) is None:
                raise RecordTooLarge(topic, key, size)
            room -= size
        sent = []
        for batch in batches:
            batch.close()
            delivery = await producer.send_batch(batch, topic, partition=partition)
            sent.append(Sent(batch.record_count(), delivery))
        return sent

    async def delivered(self, sent: Sequence[Sent]) -> list[Landed]:
        """Wait until Kafka has confirmed every batch; raise its error, or `DeliveryTimeout`."""
        if not sent:
            return []
        seconds = self.request_timeout
        try:
            async with asyncio.timeout(seconds):
                results = await asyncio.gather(*(one.delivery for one in sent))
        except TimeoutError as error:
            raise DeliveryTimeout(f"no word from Kafka within {seconds:g} s") from error
        return [Landed(result.offset, one.records) for one, result in zip(sent, results, strict=True)]

    async def partition_count(self, topic: str) -> int:
        """How many partitions the broker says `topic` has."""
        return len(await self._ensure_producer().partitions_for(topic))

    @property
    def kafka_client(self) -> AIOKafkaClient:
        """The open connection, for questions that the producer does not ask."""
        return self._ensure_producer().client
