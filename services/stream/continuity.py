"""Never pass over a record by accident: what the next offset of each partition has to be.

A fetch can vanish between the driver and us (a generation change, a cancelled task). Nothing would tell: the
next batch would be handled and its offset committed. So every fetch must begin where the last one ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from faust.types import TP

from services.stream.records import Record

TRIES = 5


class OffsetGap(RuntimeError):
    """Records are missing and seeking back does not bring them."""


class OffsetReset(RuntimeError):
    """The log begins again below what this worker was told is done: it was truncated or created anew."""


class Verdict(Enum):
    """What to do with a fetch."""

    TAKE = "take"
    SEEK_BACK = "seek back to the expected offset"
    UNPLACED = "drop: the partition has not been placed yet"


@dataclass(slots=True)
class Position:
    """`floor`: the committed offset when we were placed; `expected`: the next one we must see."""

    floor: int
    expected: int
    tries: int = 0


class Continuity:
    """The positions of all partitions that are ours."""

    def __init__(self) -> None:
        self._positions: dict[TP, Position] = {}

    def place(self, offsets: Mapping[TP, int]) -> None:
        """Begin (again) at these offsets: committed, or the start of the log where nothing is committed."""
        for tp, offset in offsets.items():
            self._positions[tp] = Position(offset, offset)

    def forget(self, tps: set[TP]) -> None:
        """The partitions are no longer ours."""
        for tp in tps:
            self._positions.pop(tp, None)

    def expected(self, tp: TP) -> int | None:
        """The offset that the next record must have; None for a partition not placed."""
        position = self._positions.get(tp)
        return None if position is None else position.expected

    def judge(self, tp: TP, records: Sequence[Record]) -> tuple[Verdict, list[Record]]:
        """Say what to do with a fetch (not empty), and which of its records have not been handled yet.

        One that was under way while the group rearranged itself may begin below the floor: it is asked for
        again, as after a gap. Raises `OffsetReset` or `OffsetGap` when that does not help.
        """
        position = self._positions.get(tp)
        if position is None:
            return Verdict.UNPLACED, []
        first = records[0].offset
        if position.floor <= first <= position.expected:
            position.tries = 0
            fresh = [record for record in records if record.offset >= position.expected]
            return Verdict.TAKE, fresh if first < position.expected else list(records)
        position.tries += 1
        if position.tries > TRIES:
            raise _broken(tp, first, position)
        return Verdict.SEEK_BACK, []

    def accept_loss(self, tp: TP, offset: int) -> int:
        """The log itself now starts at `offset`; return how many records are gone for good."""
        position = self._positions[tp]
        lost = offset - position.expected
        position.expected, position.tries = offset, 0
        return lost

    def advance(self, tp: TP, offset: int) -> None:
        """Everything below `offset` has been handled."""
        if tp in self._positions:
            self._positions[tp].expected = offset


def _broken(tp: TP, first: int, position: Position) -> OffsetReset | OffsetGap:
    place = f"{tp.topic}[{tp.partition}]"
    if first < position.floor:
        return OffsetReset(
            f"{place} begins again at {first}, below the committed {position.floor}, {TRIES} times over"
        )
    return OffsetGap(
        f"{place}: expected offset {position.expected}, got {first}, {TRIES} times over. Do transactional "
        "producers write to this topic? They must not: their markers look like losses."
    )
