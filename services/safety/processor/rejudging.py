"""Another knowledge version judges a partition, or its history goes live: every patient is looked at again,
idle ones as well.

A patient is judged again by a tick, a record like any other, which is handled, told and written as all are.
So nothing here has to survive a crash: whoever owns the partition next looks who is still outdated, and goes
on.
The next portion is sent when the last one has been handled, so that facts wait behind one portion at most.
"""

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.safety.processor.changelog import Item
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.portions import portion

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

log = logging.getLogger(__name__)
PATIENTS_AT_ONCE = 100
FACTS_AT_ONCE = 20_000
"""Of all patients under way, whatever their partitions: they may come in one fetch, within one lease."""


@dataclass(slots=True)
class Round:
    """One pass over the patients of a partition; `waits_for`: the offset of the last tick under way,
    `facts`: how many facts those under way have.
    """

    part: PartitionState[Any]
    standing: str
    left: deque[bytes]
    waits_for: int = -1
    facts: int = 0
    sent: int = 0
    over: bool = False


class Rejudging:
    """Goes through the patients of every partition that is new, or that another version judges now."""

    def __init__(self, app: "BatchApp") -> None:
        self._app = app
        self._rounds: dict[int, Round] = {}

    async def go_on(self, partitions: frozenset[int]) -> bool:
        """Do the next portion of each partition; True while there is more to do at once."""
        more, parts = False, self._app.ledgers.parts
        for partition in self._rounds.keys() - parts.keys():
            del self._rounds[partition]
        rounds = {p: self._round(p, parts[p]) for p in sorted(partitions) if p in parts}
        room = FACTS_AT_ONCE - sum(held.facts for p, held in rounds.items() if self._waits(p, held))
        for partition, held in rounds.items():
            if room > 0 and not held.over and not self._waits(partition, held):
                more = await self._portion(partition, held, room) or more
                room -= held.facts
        return more

    def _waits(self, partition: int, held: Round) -> bool:
        handled = self._app.next_offset(partition)
        return handled is None or handled <= held.waits_for

    def _round(self, partition: int, part: PartitionState[Any]) -> Round:
        standing = self._app.core.standing(partition)
        known = self._rounds.get(partition)
        if known is None or known.part is not part or known.standing != standing:
            known = self._rounds[partition] = Round(part, standing, deque(part.patients))
        return known

    async def _portion(self, partition: int, held: Round, room: int) -> bool:
        app, core = self._app, self._app.core
        now = core.watermark(partition)
        held.facts = 0
        if now is None:
            return False
        items: list[Item] = []
        for patient, state in portion(core, held.part, held.left, patients=PATIENTS_AT_ONCE, facts=room):
            held.facts += core.weight(state)
            if core.outdated(partition, state):
                items.append(Item(*core.tick(partition, patient, now, now)))
        held.over = not held.left
        if items:
            app.batch_consumer.check_lease()
            producer = app.batch_producer
            landed = await producer.delivered(
                await producer.send_records(app.settings.topics.events, partition, items)
            )
            held.waits_for = landed[-1].offset + landed[-1].records - 1
            held.sent += len(items)
        if held.over and held.sent:
            log.warning(
                "partition %d: the last of %d patients are being judged again: %s",
                partition, held.sent, held.standing,
            )  # fmt: skip
        return not held.over and not items
