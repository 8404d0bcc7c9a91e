"""Whether something that failed is to be tried at all. Pure: every instant is given.

Closed until `FAILURES` attempts in a row failed; then open for a while, in which nobody waits for what will
not answer; then one attempt probes. A side that asks us to wait is left alone so long, whatever its state.
"""

from enum import StrEnum

FAILURES = 5
FIRST_S = 15.0
LONGEST_S = 60.0
_PROBE_S = 1.0


class State(StrEnum):
    """`half-open`: the time is up, and the next attempt shows."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """One side's breaker. Instants are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_s = 0.0
        self._until = 0.0
        self._rest_until = 0.0
        self._probing = False

    def state(self, now: float) -> State:
        """The state at `now`."""
        if not self._open_s:
            return State.CLOSED
        return State.OPEN if now < self._until else State.HALF_OPEN

    def wait_s(self, now: float) -> float:
        """Seconds until an attempt may be made; 0 when it may be made now."""
        if self._probing:
            return _PROBE_S
        return max(self._until - now, self._rest_until - now, 0.0)

    def begin(self, now: float) -> bool:
        """Whether an attempt may begin. Who begins one says later what it came to."""
        if self.wait_s(now) > 0:
            return False
        self._probing = bool(self._open_s)
        return True

    def succeeded(self) -> None:
        """An attempt was taken."""
        self._failures, self._open_s, self._until, self._probing = 0, 0.0, 0.0, False

    def failed(self, now: float) -> None:
        """An attempt was not taken, or its answer never came."""
        was_probe, self._probing = self._probing, False
        self._failures += 1
        if was_probe:
            self._open_s = min(self._open_s * 2, LONGEST_S)
            self._until = now + self._open_s
        elif not self._open_s and self._failures >= FAILURES:
            self._open_s = FIRST_S
            self._until = now + FIRST_S

    def undecided(self) -> None:
        """An attempt ended that says nothing about the other side."""
        self._probing = False

    def rest(self, now: float, seconds: float) -> None:
        """The other side asked to be left alone."""
        self._rest_until = max(self._rest_until, now + seconds)
