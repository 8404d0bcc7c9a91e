"""Whether each partition that is ours is read while records wait in it, and how late. Pure: the caller brings
the clock.
"""

from collections import deque
from collections.abc import Set

from faust.types import TP

from services.stream.continuity import OffsetReset


class PartitionStuck(RuntimeError):
    """Records wait in a partition that is ours, and nothing is read from it."""


class Progress:
    """Per partition: how far it was handled, and since when no further. Seconds of a monotonic clock.

    Of the ends of its log those are kept beyond which it was not handled yet, with when they were seen.
    """

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._seen: dict[TP, tuple[int, float]] = {}
        self._ahead: dict[TP, deque[tuple[int, float]]] = {}

    def keep(self, ours: Set[TP]) -> None:
        """Forget all others: for one that comes back, time begins anew."""
        self._seen = {tp: seen for tp, seen in self._seen.items() if tp in ours}
        self._ahead = {tp: ahead for tp, ahead in self._ahead.items() if tp in ours}

    def late_s(self, tp: TP, now: float) -> float:
        """For how long at least the first record that is not handled has waited; 0 where none does."""
        ahead = self._ahead.get(tp)
        return now - ahead[0][1] if ahead else 0.0

    def note(self, tp: TP, expected: int, end: int, now: float) -> None:
        """Everything below `expected` is handled, the log ends before `end`.

        Raises `PartitionStuck` when records have waited for longer than allowed, `OffsetReset` when the log
        ends below what was handled.
        """
        if end < expected:
            raise OffsetReset(
                f"{tp.topic}[{tp.partition}] ends at {end}, below {expected}, which has been handled"
            )
        ahead = self._ahead.setdefault(tp, deque())
        while ahead and ahead[0][0] <= expected:
            ahead.popleft()
        if end > (ahead[-1][0] if ahead else expected):
            ahead.append((end, now))
        seen, since = self._seen.get(tp, (-1, now))
        if seen != expected or end == expected:
            self._seen[tp] = (expected, now)
        elif now - since > self._stuck_s:
            raise PartitionStuck(
                f"{tp.topic}[{tp.partition}]: {end - expected} records wait, "
                f"none was read for {now - since:.0f} s"
            )
