"""Counts events from the first one in hand to the last one done; says so in one line of JSON.

CPU is that of the whole process, all its threads (librdkafka and RocksDB have their own), user and system.
"""

import json
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Events per second of wall time."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU per event."""
        return self.cpu_seconds / self.events * 1e6


class Meter:
    """`start` at the first event (again is harmless), `done` after every piece of finished work."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._events = 0
        self._began: tuple[float, float] | None = None

    def start(self) -> None:
        """The first event is in hand."""
        if self._began is None:
            self._began = (time.perf_counter(), time.process_time())

    def done(self, events: int) -> bool:
        """So many more are done; True once, when all are, after having said what it took."""
        before = self._events
        self._events += events
        if before >= self._expected or self._events < self._expected:
            return False
        self.say()
        return True

    def say(self) -> None:
        """Print what it took until now, as one line, also where a framework took standard output."""
        if self._began is None:
            raise RuntimeError("nothing was measured")
        wall, cpu = self._began
        result = {
            "events": self._events,
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
        }
        out = sys.__stdout__
        if out is not None:
            out.write(f"{json.dumps(result)}\n")
            out.flush()
