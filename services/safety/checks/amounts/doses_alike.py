"""Doses that go on alike, and how far apart they stay below a limit.

Most of what is given is the dose of yesterday once more, under the same order.
"""

from datetime import timedelta
from decimal import Decimal

from services.safety.checks.amounts.below_limit import Limit
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.spaced import Spaced
from services.safety.ledger.entries import Given

_NO_TIME = timedelta(0)
_CLEARLY = 1.1
"""Doses that are hardly so far apart now will soon be too close, and all has to be looked at again."""


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
    if (
        further.order.as_needed
        or dose.amount is None
        or dose.amount.value <= 0
        or timeline.longest
        or room < 0
    ):
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
