"""How doses alike follow each other, where an answer stands after each of them."""

from datetime import datetime, timedelta
from typing import NamedTuple

_NO_TIME = timedelta(0)


class Spaced(NamedTuple):
    """Every dose begins at least `least` after the one before; `within`: and is known sooner than so long
    after that one; `known_by`: and at most so long after it began itself; `on_time`: and accounts for a due
    time of its order, for one dose every so often.

    `timeless`: time alone ends nothing of the reason why the answer stands, so that after a review which
    finds the same it stands after doses so spaced as before.
    """

    least: timedelta = _NO_TIME
    within: timedelta | None = None
    known_by: timedelta | None = None
    on_time: bool = False
    timeless: bool = False

    def holds(self, before: datetime, start: datetime, now: datetime) -> bool:
        """Whether a dose that starts then, known now, is so far from the one before."""
        within, known_by = self.within, self.known_by
        if start - before < self.least or (within is not None and now - before >= within):
            return False
        return known_by is None or now - start <= known_by

    def both(self, other: "Spaced") -> "Spaced":
        """So that either is kept."""
        if other.least <= self.least and other[1:] == _NO_MORE and not self.timeless:
            return self
        return Spaced(
            max(self.least, other.least),
            _shorter(self.within, other.within),
            _shorter(self.known_by, other.known_by),
            self.on_time or other.on_time,
            self.timeless and other.timeless,
        )


_NO_MORE = Spaced()[1:]


def _shorter(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
