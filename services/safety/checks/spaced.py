"""How doses alike follow each other, where an answer stands after each of them."""

from datetime import datetime, timedelta
from typing import NamedTuple

_NO_TIME = timedelta(0)


class Spaced(NamedTuple):
    """Every dose begins at least `least` after the one before; `within`: and is known sooner than so long
    after that one; `on_time`: and accounts for a due time of its order, for one dose every so often.
    """

    least: timedelta = _NO_TIME
    within: timedelta | None = None
    on_time: bool = False

    def holds(self, before: datetime, start: datetime, now: datetime) -> bool:
        """Whether a dose that starts then, known now, is so far from the one before."""
        within = self.within
        return start - before >= self.least and (within is None or now - before < within)

    def both(self, other: "Spaced") -> "Spaced":
        """So that either is kept."""
        ends = [within for within in (self.within, other.within) if within is not None]
        return Spaced(max(self.least, other.least), min(ends, default=None), self.on_time or other.on_time)
