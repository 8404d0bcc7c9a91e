"""How long to wait so that simulated time passes at a steady pace beside the wall clock."""

import time
from collections.abc import Callable
from datetime import datetime


class Pace:
    """`factor` simulated seconds pass per second of the monotonic `clock`, from the first instant asked
    about.
    """

    def __init__(self, factor: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._factor = factor
        self._clock = clock
        self._first: datetime | None = None
        self._started = 0.0

    def wait_s(self, at: datetime) -> float:
        """Seconds of the wall until the simulated instant is reached; at most zero when it is past."""
        if self._first is None:
            self._first, self._started = at, self._clock()
        return (at - self._first).total_seconds() / self._factor - (self._clock() - self._started)
