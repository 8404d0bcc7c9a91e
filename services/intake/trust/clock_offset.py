"""How far the clock of a source is from ours, by the freshest of what it states.

A message is underway for a while, so how old one is at its receipt says nothing. That the freshest of many is
old says that the clock is behind, or that all of them are late; one from the future says that it is ahead, by
that much at least. An offset of whole hours is mostly a time zone.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.clinical import Fact
from services.intake.reading import Accepted, Reading

PERIOD = timedelta(minutes=10)
"""House rule: the freshest of the last ten to twenty minutes, so that a clock that was set is believed."""
LEAST = 10
"""House rule: of fewer statements nobody says that the freshest is old."""


class _Period(NamedTuple):
    """How many statements were dated by the source, and by how much the freshest is ahead of its receipt."""

    dated: int = 0
    freshest: timedelta = timedelta.min

    def with_one(self, ahead: timedelta) -> "_Period":
        return _Period(self.dated + 1, max(self.freshest, ahead))


class ClockOffset:
    """The offset of one source's clock, as far as it is known."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._now = self._before = _Period()

    def note(self, at: datetime, brought: Iterable[Reading]) -> None:
        """What the source brought at an instant. What is dated by its receipt, or by what it tells of, says
        nothing of the clock.
        """
        self._turn(at)
        for reading in brought:
            fact = reading.event if isinstance(reading, Accepted) else None
            if isinstance(fact, Fact) and fact.recorded_at not in (fact.received_at, fact.effective_at):
                self._now = self._now.with_one(fact.recorded_at - fact.received_at)

    def known(self, at: datetime) -> timedelta | None:
        """Positive where the clock is ahead; None where too little was stated of late."""
        self._turn(at)
        freshest = max(self._now.freshest, self._before.freshest)
        ahead = freshest > timedelta()
        return freshest if ahead or self._now.dated + self._before.dated >= LEAST else None

    def _turn(self, at: datetime) -> None:
        if self._began is not None and at < self._began + PERIOD:
            return
        recent = self._began is not None and at < self._began + 2 * PERIOD
        self._began, self._before, self._now = at, self._now if recent else _Period(), _Period()
