"""Whether a drug stays below a limit with a further dose.

Once it is known of all that was given before, only the window that ends with the further dose has to be added
up. Doses are added up by when they were given: by its due time, too, a dose never counts for more.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.remembering import Remembered
from services.safety.checks.rolling_sum import most
from services.safety.ledger.entries import Given

_NOTHING = Decimal(0)

_below: Remembered[None] = Remembered()


class Limit(Protocol):
    """A limit for the amount in a window, known by identity."""

    @property
    def value(self) -> Decimal: ...
    def under(self, doses: tuple[Given, ...]) -> tuple[Given, ...]:
        """The doses that count for it, with their amounts."""
        ...


def stays_below(
    now: datetime, further: FurtherDose, limit: Limit, window: timedelta, first: datetime
) -> bool:
    """Whether the doses since `first` pass a limit in no rolling window, the further one included."""
    timeline = further.timeline
    known = _below.known(now, (id(further.earlier), id(limit)))
    if known is None:
        below = most(limit.under(timeline.overlapping(first, now)), window) <= limit.value
    else:
        doses = timeline.overlapping(further.dose.start - window, now)
        below = _total(doses) <= limit.value or _total(limit.under(doses)) <= limit.value
    if below:
        _below.keep(now, (id(timeline), id(limit)), (timeline, limit), None, None)
    return below


def _total(doses: tuple[Given, ...]) -> Decimal:
    total = _NOTHING
    for dose in doses:
        amount = dose.amount
        if amount is not None:
            total += amount.value
    return total
