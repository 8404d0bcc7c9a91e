"""Doses that go on alike: what stands after one of them, and why it stands after each that follows.

Most of what is given is the dose of yesterday once more, under the same order. Where an answer stands after
such a dose for a reason that only doses too close or too far apart can end, a check says so once and is not
asked about the next ones: under a scheduled order, as long as every dose of the drug is like the one before.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol, runtime_checkable

from services.safety.checks.below_limit import Limit
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import Judgement, View
from services.safety.ledger.entries import Given

_NO_TIME = timedelta(0)
_CLEARLY = 1.1
"""Doses that are hardly so far apart now will soon be too close, and all has to be looked at again."""


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


@runtime_checkable
class Regular(Protocol):
    """A check that can tell what an answer needs to stand after each of many doses alike."""

    def stands_spaced(self, view: View, further: FurtherDose, held: Judgement) -> Spaced | None:
        """How doses alike have to follow each other for the answer to stand after each; None if unknown.

        Asked only where the answer stands after `further`, a dose at one instant under a scheduled order. It
        promises `Steady.stands` of every further dose that is like the one before and so spaced, until the
        question is asked again, whether by its review or because anything that the check reads has changed.
        """
        ...


def alike(one: Given, other: Given) -> bool:
    """Whether two doses of a known amount, given at one instant, were stated alike under the same order.

    Such doses share what the ledger made of them (`ledger/giving.py`); others may be equal and are not alike.
    """
    amount = one.amount
    same = amount is not None and amount is other.amount and one.stated is other.stated
    return same and one.order == other.order


def spaced_below(further: FurtherDose, limit: Limit, window: timedelta, room: Decimal) -> Spaced | None:
    """How far apart doses alike have to be for no window to hold more than `room` of them, in the unit of
    their amount, as far as they count for the limit.

    None unless that many fit, and those of the last window are alike and clearly so far apart.
    """
    dose, timeline = further.dose, further.timeline
    counts = limit.under((dose,))
    if dose.amount is None or dose.amount.value <= 0 or timeline.longest or room < 0:
        return None
    count = int(room // dose.amount.value)
    if counts and not count:
        return None
    least = window / count + timedelta.resolution if counts else _NO_TIME
    since, clearly = dose.start - window, least * _CLEARLY
    entries = timeline.entries
    for place in range(len(entries) - 1, 0, -1):
        earlier, later = entries[place - 1], entries[place]
        if later.start < since:
            break
        if later.start - earlier.start < clearly or not alike(earlier, later):
            return None
    return Spaced(least)
