"""Doses by the calendar days of the facility: what of each was delivered on which day.

A day is from its midnight up to but not including the next, 23 or 25 hours long where clocks change. A dose
with a due time is of the day on which it enters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.safety.checks.amounts.rolling_sum import amount_within, entered
from services.safety.checks.wards.local_time import day_begins, day_ends
from services.safety.ledger.entries import Given

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day with what was delivered on it, in order of the start."""

    begins: datetime
    ends: datetime
    doses: tuple[Given, ...]

    @property
    def length(self) -> timedelta:
        """How long the day is."""
        return self.ends - self.begins


def by_day(doses: Sequence[Given], zone: ZoneInfo) -> Iterator[Day]:
    """Every day on which something was delivered, in order."""
    if not doses:
        return
    begins = day_begins(min(map(entered, doses)), zone)
    last = max(entered(dose) + dose.lasts for dose in doses)
    while begins <= last:
        ends = day_ends(begins, zone)
        parts = tuple(part for dose in doses if (part := _on(dose, begins, ends)) is not None)
        if parts:
            yield Day(begins, ends, parts)
        begins = ends


def _on(dose: Given, begins: datetime, ends: datetime) -> Given | None:
    """What of a dose falls into a day; the dose itself where that is all of it."""
    if not dose.lasts:
        return dose if begins <= entered(dose) < ends else None
    if begins <= dose.start and dose.end <= ends:
        return dose
    start, end = max(begins, dose.start), min(ends, dose.end)
    if end <= start or dose.amount is None:
        return None
    amount = replace(dose.amount, value=amount_within(dose, start, end))
    return dose.delivering(amount, start, end - start)


def since_midnight(instant: datetime, zone: ZoneInfo) -> timedelta:
    """The window that ends at an instant and holds all of its calendar day so far, midnight included."""
    return instant - day_begins(instant, zone) + _INSTANT
