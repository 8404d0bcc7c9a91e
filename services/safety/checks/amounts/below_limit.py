"""Whether a drug stays below a limit with a further dose.

Once it is known of all that was given before, only the window that ends with the further dose has to be added
up. Doses are added up by when they were given: by its due time, too, a dose never counts for more.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from services.safety.checks.amounts.rolling_sum import most
from services.safety.checks.amounts.running_on import runs_on
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.remembering import Remembered
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

_NOTHING = Decimal(0)

_below: Remembered[Decimal] = Remembered()
"""That no window of the doses passes a limit, and what the one that ends with the last holds at the most."""


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
    """Whether the doses since `first` pass a limit in no rolling window, the further one included.

    As a rule the last window held little, and with this dose it still does: no need to know what has left it.
    An infusion that runs on has to be added up each time.
    """
    timeline, value = further.timeline, limit.value
    known = _below.known(now, (id(further.earlier), id(limit), window))
    if known is None:
        if runs_on(timeline):
            return False
        at_most = most(limit.under(timeline.overlapping(first, now)), window)
    else:
        amount = further.dose.amount
        at_most = known[0] if amount is None else known[0] + amount.value
        if at_most > value:
            doses = timeline.overlapping(further.dose.start - window, now)
            at_most = _total(doses)
            if at_most > value:
                at_most = _total(limit.under(doses))
    if at_most > value:
        return False
    _below.keep(now, (id(timeline), id(limit), window), (timeline, limit), at_most, None)
    return True


def last_window_at_most(
    now: datetime, timeline: Timeline[Given], limit: Limit, window: timedelta
) -> Decimal | None:
    """What the window that ends with the last dose holds at the most, where all stay below the limit and that
    is known.
    """
    known = _below.known(now, (id(timeline), id(limit), window))
    return known[0] if known is not None else None


def _total(doses: tuple[Given, ...]) -> Decimal:
    total = _NOTHING
    for dose in doses:
        amount = dose.amount
        if amount is not None:
            total += amount.value
    return total
