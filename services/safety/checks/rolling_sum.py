"""When the amount delivered within a rolling window exceeds a limit, exactly.

The window is half-open: at instant t it holds what was delivered in (t - window, t], so a dose exactly one window old
is out. A dose without duration counts at its instant; an infusion counts for the part delivered inside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.safety.ledger.entries import Given

_MICROSECOND = timedelta(microseconds=1)
_PLACES = 9


class Interval(NamedTuple):
    """From `start` up to but not including `end`."""

    start: datetime
    end: datetime

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies inside."""
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True)
class Counted:
    """What one dose contributes to one window, in the base unit of its dimension."""

    dose: Given
    amount: Decimal


def amount_within(dose: Given, after: datetime, until: datetime) -> Decimal:
    """What of a dose was delivered in (after, until]."""
    if dose.amount is None:
        return Decimal(0)
    if not dose.lasts:
        return dose.amount.value if after < dose.start <= until else Decimal(0)
    overlap = min(until, dose.end) - max(after, dose.start)
    if overlap <= timedelta(0):
        return Decimal(0)
    if overlap == dose.lasts:
        return dose.amount.value
    return dose.amount.value * (overlap // _MICROSECOND) / (dose.lasts // _MICROSECOND)


def counted(doses: Sequence[Given], window: timedelta, until: datetime) -> tuple[Counted, ...]:
    """The doses that contribute to the window ending at `until`, with their part."""
    parts = (Counted(dose, amount_within(dose, until - window, until)) for dose in doses)
    return tuple(part for part in parts if part.amount)


def total(parts: Sequence[Counted]) -> Decimal:
    """The sum, rounded to nine places where division made it inexact."""
    return round(sum((part.amount for part in parts), Decimal(0)), _PLACES).normalize() + 0


def excesses(doses: Sequence[Given], window: timedelta, limit: Decimal) -> list[Interval]:
    """All maximal intervals in which the rolling sum is above `limit`, in order."""
    if sum((dose.amount.value for dose in doses if dose.amount), Decimal(0)) <= limit:
        return []
    intervals: list[Interval] = []
    begun: datetime | None = None
    value, slope = Decimal(0), Decimal(0)
    last: datetime | None = None
    for instant, jump, turn in _changes(doses, window):
        if last is not None and slope:
            crossing = _crossing(last, instant, value, slope, limit)
            if crossing is not None:
                begun = _note(intervals, begun, crossing, slope > 0)
            value += slope * ((instant - last) // _MICROSECOND)
        value, slope, last = value + jump, slope + turn, instant
        above = round(value, _PLACES) > limit
        if above != (begun is not None):
            begun = _note(intervals, begun, instant, above)
    return intervals


def _note(intervals: list[Interval], begun: datetime | None, instant: datetime, above: bool) -> datetime | None:
    if above:
        return instant if begun is None else begun
    if begun is not None and instant > begun:
        intervals.append(Interval(begun, instant))
    return None


def _crossing(
    last: datetime, instant: datetime, value: Decimal, slope: Decimal, limit: Decimal
) -> datetime | None:
    span = (instant - last) // _MICROSECOND
    gap = limit - round(value, _PLACES)
    if (slope > 0) != (gap >= 0):
        return None
    steps = int(gap / slope) + (1 if slope > 0 else 0)
    return last + timedelta(microseconds=steps) if 0 < steps < span else None


def _changes(doses: Sequence[Given], window: timedelta) -> list[tuple[datetime, Decimal, Decimal]]:
    merged: dict[datetime, tuple[Decimal, Decimal]] = {}

    def add(instant: datetime, jump: Decimal, turn: Decimal) -> None:
        held = merged.get(instant)
        merged[instant] = (jump, turn) if held is None else (held[0] + jump, held[1] + turn)

    nothing = Decimal(0)
    for dose in doses:
        if dose.amount is None:
            continue
        amount = dose.amount.value
        if not dose.lasts:
            add(dose.start, amount, nothing)
            add(dose.start + window, -amount, nothing)
            continue
        rate = amount / (dose.lasts // _MICROSECOND)
        add(dose.start, nothing, rate)
        add(dose.end, nothing, -rate)
        add(dose.start + window, nothing, -rate)
        add(dose.end + window, nothing, rate)
    return sorted((instant, jump, turn) for instant, (jump, turn) in merged.items())
