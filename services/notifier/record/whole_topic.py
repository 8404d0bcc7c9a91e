"""Reads a topic from its beginning, or from given offsets, to its end as it is now."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from services.notifier.leaving import leave
from services.transit.kafka import Where, aiokafka_client

_POLL_MS = 1_000
_SILENT_POLLS = 30
"""Polls without a record, before the end, after which Kafka is taken to have stopped answering."""


class CannotRead(Exception):
    """The topic cannot be read to its end; the message is for who operates it."""


class WholeTopic:
    """Use `opened`. Reading raises `CannotRead`."""

    def __init__(self, kafka: Where, topic: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self._consumer = AIOKafkaConsumer(
            **aiokafka_client(kafka), group_id=None, enable_auto_commit=False, max_poll_records=500
        )
        self.partitions: frozenset[int] = frozenset()

    @classmethod
    @asynccontextmanager
    async def opened(cls, kafka: Where, topic: str) -> AsyncIterator["WholeTopic"]:
        """The topic, ready to be read. Raises `CannotRead`."""
        whole = cls(kafka, topic)
        try:
            await whole._start()
            yield whole
        finally:
            await leave(whole._consumer, f"reading {topic}")

    async def _start(self) -> None:
        try:
            await self._consumer.start()
            # All topics are asked for, because asking for one by its name may make it.
            cluster = await self._consumer._client.fetch_all_metadata()
        except KafkaError as error:
            raise CannotRead(f"no Kafka at {self._kafka}: {error}") from error
        numbers = cluster.partitions_for_topic(self._topic)
        if not numbers:
            raise CannotRead(f"there is no topic {self._topic} at {self._kafka}")
        self.partitions = frozenset(numbers)

    async def records(
        self, partitions: Iterable[int] | None = None, starts: Mapping[int, int] | None = None
    ) -> AsyncIterator[ConsumerRecord]:
        """Every record of these partitions (all when None) up to the present end, each partition in order.

        `starts` holds offsets to begin at; what Kafka has dropped before the first that is left is passed
        over.
        """
        try:
            async for record in self._read(partitions, starts or {}):
                yield record
        except KafkaError as error:
            raise CannotRead(f"{self._topic} at {self._kafka} cannot be read: {error}") from error

    async def _read(
        self, partitions: Iterable[int] | None, starts: Mapping[int, int]
    ) -> AsyncIterator[ConsumerRecord]:
        wanted = self.partitions if partitions is None else self.partitions.intersection(partitions)
        places = [TopicPartition(self._topic, number) for number in sorted(wanted)]
        self._consumer.assign(places)
        if not places:
            return
        first = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        begin = {place: max(first[place], starts.get(place.partition, 0)) for place in places}
        behind = [place for place in places if begin[place] < ends[place]]
        for place in behind:
            self._consumer.seek(place, begin[place])
        silent = 0
        while behind:
            fetched = await self._consumer.getmany(*behind, timeout_ms=_POLL_MS)
            silent = 0 if fetched else silent + 1
            if silent == _SILENT_POLLS:
                raise CannotRead(f"{self._kafka} stopped answering while {self._topic} was read")
            for records in fetched.values():
                for record in records:
                    yield record
            behind = [place for place in behind if await self._consumer.position(place) < ends[place]]
