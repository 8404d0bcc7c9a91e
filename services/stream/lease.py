"""The right to write: a worker that was paused longer than its session may have lost its partitions
unknowingly.

A pause does not only fall into a batch. A worker that stood still between two batches finds records in memory
that were fetched before, and would begin a fresh lease with them. So the lease also has a pulse: unless the
event loop has felt it within half a session, this worker has stood still, and must not write.
"""

import time
from collections.abc import Callable

SHARE_OF_SESSION = 0.5


class LeaseExpired(RuntimeError):
    """The work took too long, or the group moved on: this worker must not write."""


def time_since_boot() -> float:
    """Seconds, counting those the machine slept through."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lease:
    """Half a session from the moment the work was asked for, within one generation of the group."""

    def __init__(self, session_seconds: float, clock: Callable[[], float] = time_since_boot) -> None:
        self._seconds = session_seconds * SHARE_OF_SESSION
        self._clock = clock
        self._until = 0.0
        self._felt: float | None = None
        self._generation = -1

    def begin(self, generation: int, asked_at: float | None = None) -> None:
        """Start anew. `asked_at` is when the records were asked for, before they were handed over."""
        self.pulse()
        self._generation = generation
        self._until = (self._clock() if asked_at is None else asked_at) + self._seconds

    def pulse(self) -> None:
        """Feel the pulse, several times per session; raise `LeaseExpired` if it had stopped."""
        now = self._clock()
        if self._felt is not None and now - self._felt > self._seconds:
            raise LeaseExpired(f"this worker stood still for {now - self._felt:.1f} s: not writing")
        self._felt = now

    @property
    def generation(self) -> int:
        """The generation of the group in which the work began."""
        return self._generation

    def now(self) -> float:
        """The clock by which the lease runs."""
        return self._clock()

    def check(self, generation: int) -> None:
        """Raise `LeaseExpired` unless the lease holds now."""
        if generation != self._generation:
            raise LeaseExpired(
                f"group generation {generation}, work began in {self._generation}: not writing"
            )
        self.pulse()
        late = self._clock() - self._until
        if late > 0:
            raise LeaseExpired(f"work is {late:.1f} s past its lease of {self._seconds:g} s: not writing")
