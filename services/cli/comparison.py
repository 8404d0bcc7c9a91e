"""What the safety workers answer to a shadow activation, and how it is shown."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError
from rich.table import Table

from schemas.issues import DETECTED_ISSUE_RECORD, KnowledgeCompared
from services.transit.kafka import Where, aiokafka_client

_KEY = b"knowledge-compared:"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answers, by partition; a partition without one gave none in time."""

    partitions: frozenset[int]
    answers: Mapping[int, KnowledgeCompared]

    @property
    def silent(self) -> list[int]:
        """Partitions that did not answer."""
        return sorted(self.partitions - self.answers.keys())

    @property
    def without(self) -> list[int]:
        """Partitions whose worker does not have the version."""
        return sorted(p for p, answer in self.answers.items() if not answer.compared)

    @property
    def whole(self) -> bool:
        """Whether every patient was looked at."""
        return bool(self.partitions) and not self.silent and not self.without

    def table(self) -> Table:
        """How many findings would change, by what would happen to them."""
        patients = sum(answer.patients for answer in self.answers.values())
        changes: Counter[str] = Counter()
        for answer in self.answers.values():
            changes.update(answer.changes)
        table = Table("what would be told", f"findings of {patients} patients")
        for change, count in sorted(changes.items()):
            table.add_row(change, str(count))
        if not changes and self.whole:
            table.add_row("nothing would change", "0")
        return table

    def problems(self) -> list[str]:
        """What was not looked at, and the cure."""
        found = []
        if self.silent:
            found.append(f"no answer from partitions {_named(self.silent)}: is a safety worker running?")
        if self.without:
            found.append(
                f"not compared in partitions {_named(self.without)}: start the safety workers with the "
                "directory of this version in DOSEWARDEN_KNOWLEDGE_NEXT"
            )
        return found


class Listener:
    """Hears the answers that are written after it was opened."""

    def __init__(self, kafka: Where, topic: str, partitions: Iterable[int]) -> None:
        self._places = [TopicPartition(topic, partition) for partition in sorted(partitions)]
        self._consumer = AIOKafkaConsumer(**aiokafka_client(kafka), group_id=None, auto_offset_reset="latest")

    async def open(self) -> None:
        """Begin at the end of the topic."""
        await self._consumer.start()
        self._consumer.assign(self._places)
        for place, end in (await self._consumer.end_offsets(self._places)).items():
            self._consumer.seek(place, end)

    async def hear(
        self, asked: str, partitions: Iterable[int], patience_s: float
    ) -> dict[int, KnowledgeCompared]:
        """The answers to a question, until all partitions answered or nobody has patience any more."""
        answers: dict[int, KnowledgeCompared] = {}
        waited_for = set(partitions)
        try:
            async with asyncio.timeout(patience_s):
                while waited_for - answers.keys():
                    for records in (await self._consumer.getmany(timeout_ms=500)).values():
                        for record in records:
                            answer = _answer(record.key, record.value)
                            if answer is not None and answer.asked == asked:
                                answers[answer.partition] = answer
        except TimeoutError:
            return answers
        return answers

    async def close(self) -> None:
        """Leave."""
        await self._consumer.stop()


def _answer(key: bytes | None, value: bytes | None) -> KnowledgeCompared | None:
    if value is None or not (key or b"").startswith(_KEY):
        return None
    try:
        record = DETECTED_ISSUE_RECORD.validate_json(value)
    except ValidationError:
        return None
    return record if isinstance(record, KnowledgeCompared) else None


def _named(partitions: Iterable[int]) -> str:
    return ", ".join(map(str, partitions))
