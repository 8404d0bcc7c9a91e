"""How many rejections of one cause lie within a window of time."""

import heapq
from collections.abc import Iterable

Cause = tuple[str, str]
"""Where something was rejected (a door, or the service behind the doors), and the reason."""


class Counts:
    """The newest rejections of each cause, so many as are needed to see more than `limit` within a window."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit = limit
        self._window_ms = window_s * 1000
        self._newest: dict[Cause, list[int]] = {}

    def take(self, cause: Cause, at_ms: int) -> None:
        """One more, in any order of time."""
        newest = self._newest.setdefault(cause, [])
        if len(newest) <= self.limit:
            heapq.heappush(newest, at_ms)
        else:
            heapq.heappushpop(newest, at_ms)

    def within(self, cause: Cause, now_ms: int) -> int:
        """How many lie in the window that ends now; at most one above the limit is known."""
        return sum(at_ms > now_ms - self._window_ms for at_ms in self._newest.get(cause, ()))

    def causes(self) -> Iterable[Cause]:
        """All that were ever seen."""
        return tuple(self._newest)
