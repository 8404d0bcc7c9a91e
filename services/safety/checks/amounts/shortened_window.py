"""A rolling window shortened by the ward's tolerance, in which a dose given a little early is no second one.

House rule: where doses of a window are of wards with different tolerances, each is excused by that of its own
ward: the window is shortened by the smallest, and whatever is of a ward with a larger one enters it so much
later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.safety.checks.amounts.rolling_sum import entered
from services.safety.checks.judgement import View
from services.safety.ledger.entries import Given, WhenDue

_NO_TIME = timedelta(0)


def shortened(view: View, doses: Sequence[Given], window: timedelta) -> tuple[Sequence[Given], timedelta]:
    """The doses in the order in which they enter, and the window, shortened by half of it at the most."""
    if view.wards is None or not doses:
        return doses, window - min(view.knowledge.house.tolerance, window / 2)
    tolerances = [min(view.tolerance_at(_counted_at(dose)), window / 2) for dose in doses]
    least = min(tolerances)
    later = [
        _entering_later(dose, tolerance - least) for dose, tolerance in zip(doses, tolerances, strict=True)
    ]
    return sorted(later, key=entered), window - least


def _counted_at(dose: Given) -> datetime:
    return dose.start if dose.due is None else dose.due.at


def _entering_later(dose: Given, by: timedelta) -> Given:
    if by == _NO_TIME:
        return dose
    due = WhenDue(dose.start, dose.start, dose.start) if dose.due is None else dose.due
    return dose._replace(due=due._replace(enters=due.enters + by))
