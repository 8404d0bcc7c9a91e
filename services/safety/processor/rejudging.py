"""Another knowledge version judges a partition: every patient is judged again, idle ones as well.

A patient is judged again by a tick, a record like any other, which is handled, told and written as all are.
So nothing here has to survive a crash: whoever owns the partition next looks who is still outdated, and goes
on.
The next portion is sent when the last one has been handled, so that facts wait behind one portion at most.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.safety.processor.changelog import Item
from services.safety.processor.partition_state import PartitionState

if TYPE_CHECKING:
    from services.safety.processor.app import BatchApp

log = logging.getLogger(__name__)
PATIENTS_AT_ONCE = 100


@dataclass(slots=True)
class Round:
    """One pass over the patients of a partition; `waits_for`: the offset of the last tick under way."""

    part: PartitionState[Any]
    version: str
    left: Iterator[bytes]
    waits_for: int = -1
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
        for partition in sorted(partitions):
            part = parts.get(partition)
            if part is not None:
                more = await self._portion(partition, self._round(partition, part)) or more
        return more

    def _round(self, partition: int, part: PartitionState[Any]) -> Round:
        version = self._app.core.version(partition)
        known = self._rounds.get(partition)
        if known is None or known.part is not part or known.version != version:
            known = self._rounds[partition] = Round(part, version, iter(tuple(part.patients)))
        return known

    async def _portion(self, partition: int, held: Round) -> bool:
        app = self._app
        now = app.core.watermark(partition)
        handled = app.batch_consumer.next_offset(partition)
        if held.over or now is None or handled is None or handled <= held.waits_for:
            return False
        items: list[Item] = []
        for looked_at, patient in enumerate(held.left, 1):
            state = held.part.state(patient, app.core)
            if state is not None and app.core.outdated(partition, state):
                items.append(Item(*app.core.tick(partition, patient, now, now)))
            if looked_at == PATIENTS_AT_ONCE:
                break
        else:
            held.over = True
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
                "partition %d: the last of %d patients are being judged again, by knowledge version %s",
                partition, held.sent, held.version,
            )  # fmt: skip
        return not held.over and not items
