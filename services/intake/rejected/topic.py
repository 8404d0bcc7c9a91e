"""Reads `rejected-events`: what was rejected, and what became of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.rejections import REJECTED_RECORD, RejectedEvent, RejectionClosed
from schemas.topics import REJECTED_EVENTS
from services.transit.kafka import Where, aiokafka_client

_ID = re.compile(r"(\d{1,6})-(\d{1,18})")
_POLL_MS = 1_000
_SILENT_POLLS = 30
"""Polls without a record, before the topic's end, after which Kafka is taken to have stopped answering."""


class CannotRead(Exception):
    """`rejected-events` cannot be read, or not what was asked for; the message is for who operates it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rejection with its place in the topic. `at` is when it was recorded, by the clock of whoever did;
    `closed` is what became of it, None while it is open.
    """

    partition: int
    offset: int
    at: datetime
    rejected: RejectedEvent
    closed: RejectionClosed | None = None

    @property
    def id(self) -> str:
        """What people and commands call it."""
        return f"{self.partition}-{self.offset}"

    @property
    def without_original(self) -> "Entry":
        """The same, light enough to be kept by the thousand."""
        return replace(self, rejected=self.rejected.model_copy(update={"content": ""}))


@dataclass(frozen=True, slots=True)
class Found:
    """All rejections, oldest first, without their originals. `unreadable` records of the topic are of none of
    our kinds: what they tell is not known.
    """

    entries: tuple[Entry, ...]
    unreadable: int


def place_of(name: str) -> tuple[int, int]:
    """Partition and offset of an id. Raises `CannotRead`."""
    found = _ID.fullmatch(name)
    if found is None:
        raise CannotRead(f"{name!r} is no id of a rejection: they read like 2-1207, see `rejected list`")
    return int(found[1]), int(found[2])


class RejectedTopic:
    """Enter it to read. Raises `CannotRead`, entering and reading."""

    def __init__(self, kafka: Where) -> None:
        self._kafka = kafka
        self._consumer = AIOKafkaConsumer(
            **aiokafka_client(kafka), group_id=None, enable_auto_commit=False, max_poll_records=500
        )
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> "RejectedTopic":
        name = REJECTED_EVENTS.name
        try:
            await self._consumer.start()
            # All topics are asked for, because asking for one by its name may make it.
            cluster = await self._consumer._client.fetch_all_metadata()
        except KafkaError as error:
            await self._consumer.stop()
            raise CannotRead(f"no Kafka at {self._kafka}: {error}") from error
        numbers = cluster.partitions_for_topic(name)
        if not numbers:
            await self._consumer.stop()
            raise CannotRead(f"there is no topic {name} at {self._kafka}")
        self._partitions = [TopicPartition(name, number) for number in sorted(numbers)]
        self._consumer.assign(self._partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def all(self) -> Found:
        """Every rejection up to the present end."""
        entries: dict[tuple[int, int], Entry] = {}
        closings: list[RejectionClosed] = []
        unreadable = 0
        async for record in self._records():
            told = _told(record)
            if isinstance(told, RejectionClosed):
                closings.append(told)
            elif told is not None:
                entries[record.partition, record.offset] = _entry(record, told).without_original
            else:
                unreadable += 1
        for closed in closings:
            place = (closed.partition, closed.offset)
            if place in entries:
                entries[place] = replace(entries[place], closed=closed)
        found = sorted(entries.values(), key=lambda entry: (entry.at, entry.partition, entry.offset))
        return Found(tuple(found), unreadable)

    async def originals(self, wanted: set[tuple[int, int]]) -> AsyncIterator[Entry]:
        """The rejections at these places with what was kept of their originals, in the topic's order."""
        async for record in self._records():
            if (record.partition, record.offset) in wanted:
                told = _told(record)
                if isinstance(told, RejectedEvent):
                    yield _entry(record, told)

    async def _records(self) -> AsyncIterator[ConsumerRecord]:
        """Every record from the beginning up to the end as it is now."""
        try:
            starts = await self._consumer.beginning_offsets(self._partitions)
            ends = await self._consumer.end_offsets(self._partitions)
            behind = [place for place in self._partitions if starts[place] < ends[place]]
            for place in behind:
                self._consumer.seek(place, starts[place])
            silent = 0
            while behind:
                fetched = await self._consumer.getmany(*behind, timeout_ms=_POLL_MS)
                silent = 0 if fetched else silent + 1
                if silent == _SILENT_POLLS:
                    raise CannotRead(f"{self._kafka} stopped answering while {REJECTED_EVENTS.name} was read")
                for place, records in fetched.items():
                    for record in records:
                        if record.offset < ends[place]:
                            yield record
                behind = [place for place in behind if await self._consumer.position(place) < ends[place]]
        except KafkaError as error:
            raise CannotRead(f"{REJECTED_EVENTS.name} cannot be read: {error}") from error


def _told(record: ConsumerRecord) -> RejectedEvent | RejectionClosed | None:
    try:
        return REJECTED_RECORD.validate_json(record.value or b"")
    except ValidationError:
        return None


def _entry(record: ConsumerRecord, told: RejectedEvent) -> Entry:
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Entry(record.partition, record.offset, at, told)
