"""Whether each partition that is ours is read while records wait in it. Pure: the caller brings the clock."""

from collections.abc import Set

from faust.types import TP

from services.stream.continuity import OffsetReset


class PartitionStuck(RuntimeError):
    """Records wait in a partition that is ours, and nothing is read from it."""


class Progress:
    """Per partition: how far it was handled, and since when no further. Seconds of a monotonic clock."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._seen: dict[TP, tuple[int, float]] = {}

    def keep(self, ours: Set[TP]) -> None:
        """Forget all others: for one that comes back, time begins anew."""
        self._seen = {tp: seen for tp, seen in self._seen.items() if tp in ours}

    def note(self, tp: TP, expected: int, end: int, now: float) -> None:
        """Everything below `expected` is handled, the log ends before `end`.

        Raises `PartitionStuck` when records have waited for longer than allowed, `OffsetReset` when the log
        ends below what was handled.
        """
        if end < expected:
            raise OffsetReset(
                f"{tp.topic}[{tp.partition}] ends at {end}, below {expected}, which has been handled"
            )
        seen, since = self._seen.get(tp, (-1, now))
        if seen != expected or end == expected:
            self._seen[tp] = (expected, now)
        elif now - since > self._stuck_s:
            raise PartitionStuck(
                f"{tp.topic}[{tp.partition}]: {end - expected} records wait, "
                f"none was read for {now - since:.0f} s"
            )
