"""Carrying time to patients for whom nothing arrives: a `ClockTick` into the patient's own partition.

A tick is a record like any other: it is handled in order, by whoever owns the partition then. One that is
late, double or pointless changes nothing, so the only thing to see to is that none is forgotten: a tick that
was handled (its offset is passed) although the review is still due is sent again, but not more often than
once per `AGAIN_S`.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from services.safety.processor.changelog import Item
from services.safety.processor.partition_state import PartitionState

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

AT_ONCE = 500
AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Underway:
    """A tick that Kafka holds: at or before `offset`."""

    due_at: datetime
    offset: int
    sent_at: float


class Ticks:
    """Knows which ticks are under way, per incarnation of a partition's state."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._underway: dict[int, tuple[PartitionState[Any], dict[bytes, Underway]]] = {}

    async def send_due(self, partitions: frozenset[int]) -> bool:
        """Send what is due by now, at most `AT_ONCE` per partition; True if there may be more."""
        more = False
        for partition in sorted(partitions):
            more = await self._send(partition) or more
        return more

    async def _send(self, partition: int) -> bool:
        app = self._app
        now = app.core.watermark(partition)
        part = app.ledgers.parts.get(partition)
        if now is None or part is None:
            return False
        underway = self._of(partition, part)
        self._put_back(partition, part, underway)
        due = list(islice(part.reviews.due_by(now), AT_ONCE))
        if not due:
            return False
        items = [Item(*app.core.tick(partition, patient, due_at, now)) for patient, due_at in due]
        app.batch_consumer.check_lease()
        producer = app.batch_producer
        landed = await producer.delivered(
            await producer.send_records(app.settings.topics.events, partition, items)
        )
        last = landed[-1].offset + landed[-1].records - 1
        sent_at = asyncio.get_running_loop().time()
        underway.update((patient, Underway(due_at, last, sent_at)) for patient, due_at in due)
        return len(due) == AT_ONCE

    def _of(self, partition: int, part: PartitionState[Any]) -> dict[bytes, Underway]:
        known = self._underway.get(partition)
        if known is None or known[0] is not part:
            known = self._underway[partition] = (part, {})
        return known[1]

    def _put_back(self, partition: int, part: PartitionState[Any], underway: dict[bytes, Underway]) -> None:
        handled = self._app.next_offset(partition)
        before = asyncio.get_running_loop().time() - AGAIN_S
        for patient, tick in list(underway.items()):
            if part.reviews.due(patient) != tick.due_at:
                del underway[patient]
            elif handled is not None and handled > tick.offset and tick.sent_at < before:
                del underway[patient]
                part.reviews.put_back(patient, tick.due_at)
