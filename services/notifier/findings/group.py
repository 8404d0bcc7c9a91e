"""Our membership in the consumer group: which partitions came and went, what it says and what it is told."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import DETECTED_ISSUES
from services.notifier.record.whole_topic import CannotRead
from services.notifier.watching.kafka_watch import ANSWER_LIMIT_MS
from services.transit.kafka import Where, aiokafka_client

log = logging.getLogger(__name__)
_AT_ONCE = 500
_POLL_LIMIT_MS = 24 * 3_600_000
_WORD_WITHIN_S = 3.0
"""For what Kafka is asked beside reading: its client repeats without end while nothing answers."""


class Assignment(ConsumerRebalanceListener):  # type: ignore[misc]
    """Remembers which partitions came and went; placing them is the reading loop's work."""

    def __init__(self) -> None:
        self.unplaced: set[TopicPartition] = set()
        self.lost: set[TopicPartition] = set()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.unplaced -= set(revoked)
        self.lost |= set(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.unplaced |= set(assigned)


class Member:
    """`consumer` reads `detected-issues` as one of the group, once it was started."""

    def __init__(self, kafka: Where, group: str) -> None:
        self.assignment = Assignment()
        self.consumer = AIOKafkaConsumer(
            **aiokafka_client(kafka),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=_AT_ONCE,
            max_poll_interval_ms=_POLL_LIMIT_MS,
            request_timeout_ms=ANSWER_LIMIT_MS,
        )
        self.consumer.subscribe([DETECTED_ISSUES.name], listener=self.assignment)

    async def ask(self) -> None:
        """Ask Kafka for the ends of our partitions, by the connections that findings come on.

        Raises what Kafka raises; where it does not answer, this does not end soon.
        """
        ours = list(self.consumer.assignment())
        await (self.consumer.end_offsets(ours) if ours else self.consumer.topics())

    async def committed(self, place: TopicPartition) -> int | None:
        """What the group knows of a partition. Raises `CannotRead` where Kafka does not say."""
        try:
            async with asyncio.timeout(_WORD_WITHIN_S):
                word: int | None = await self.consumer.committed(place)
        except TimeoutError as error:
            raise CannotRead(f"where the group stands in {place} is not said in time") from error
        return word

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the group how far we are. A refusal is harmless: the store knows better."""
        ours = {p: offset for p, offset in offsets.items() if p in self.consumer.assignment()}
        if not ours:
            return
        try:
            async with asyncio.timeout(_WORD_WITHIN_S):
                await self.consumer.commit(ours)
        except (KafkaError, TimeoutError) as error:
            log.info("the group's offsets were not committed: %s", type(error).__name__)
