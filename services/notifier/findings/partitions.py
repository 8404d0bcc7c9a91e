"""Which partitions this process reads, and how far told time has come in each."""

import asyncio
from collections.abc import Iterable


class Partitions:
    """Shared by the reader (which learns), the timers (which act on it) and the watch over heartbeats."""

    def __init__(self) -> None:
        self.owned: frozenset[int] = frozenset()
        self.total = 0
        self._told_ms: dict[int, int] = {}
        self._moved = asyncio.Event()

    def own(self, partitions: Iterable[int], total: int) -> None:
        """These, of `total`, are ours from now on."""
        self.owned = frozenset(partitions)
        self.total = total
        self._moved.set()

    def tell(self, partition: int, at_ms: int) -> None:
        """Simulated time has come to `at_ms` in a partition; time never goes back."""
        if at_ms > self._told_ms.get(partition, -1):
            self._told_ms[partition] = at_ms
            self._moved.set()

    def told_ms(self, partition: int) -> int | None:
        """The simulated time of a partition; None where there is none."""
        return self._told_ms.get(partition)

    async def moved(self, at_most_s: float) -> None:
        """Wait until something changed, or for `at_most_s` seconds."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._moved.wait()
        except TimeoutError:
            return
        self._moved.clear()
