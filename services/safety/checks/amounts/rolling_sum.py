"""When the amount delivered within a rolling window exceeds a limit, exactly.

The window is half-open: at instant t it holds what was delivered in (t - window, t], so a dose exactly one
window old is out. A dose without duration counts at its instant; an infusion counts for the part delivered
inside. Of a dose with a due time only what counts by both, the time of giving and that one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from services.safety.ledger.entries import Given

_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = timedelta(0)
_NOTHING = Decimal(0)
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


def entered(dose: Given) -> datetime:
    """The instant from which on a window that ends then holds a dose, or begins to."""
    return dose.start if dose.due is None else dose.due.enters


def _times(dose: Given) -> tuple[datetime, datetime]:
    """When a dose enters a window, and with what age it leaves one."""
    return (dose.start, dose.start) if dose.due is None else (dose.due.enters, dose.due.leaves)


def amount_within(dose: Given, after: datetime, until: datetime) -> Decimal:
    """What of a dose was delivered in (after, until]."""
    if dose.amount is None:
        return _NOTHING
    enters, leaves = _times(dose)
    if not dose.lasts:
        return dose.amount.value if after < leaves and enters <= until else _NOTHING
    overlap = min(min(until, begun + dose.lasts) - max(after, begun) for begun in (enters, leaves))
    if overlap <= _NO_TIME:
        return _NOTHING
    if overlap == dose.lasts:
        return dose.amount.value
    return dose.amount.value * (overlap // _MICROSECOND) / (dose.lasts // _MICROSECOND)


def counted(doses: Sequence[Given], window: timedelta, until: datetime) -> tuple[Counted, ...]:
    """The doses that contribute to the window ending at `until`, with their part."""
    parts = (Counted(dose, amount_within(dose, until - window, until)) for dose in doses)
    return tuple(part for part in parts if part.amount)


def total(parts: Sequence[Counted]) -> Decimal:
    """The sum, rounded to nine places where division made it inexact."""
    return round(sum((part.amount for part in parts), _NOTHING), _PLACES).normalize() + 0


def peak(doses: Sequence[Given], window: timedelta, interval: Interval) -> tuple[datetime, Decimal]:
    """The first instant in the interval at which the rolling sum is largest, and that sum.

    The sum turns only where a dose begins, ends, or begins or ends to leave the window; while it rises up
    to the end of the interval, its largest value stands a moment before.
    """
    last = interval.end - _MICROSECOND
    instants = {interval.start, last}
    for dose in doses:
        enters, leaves = _times(dose)
        instants |= {enters, enters + dose.lasts, leaves + dose.lasts + window}
        instants.add(leaves + window if dose.lasts else leaves + window - _MICROSECOND)
    inside = sorted(instant for instant in instants if interval.start <= instant <= last)
    sums = ((instant, total(counted(doses, window, instant))) for instant in inside)
    return max(sums, key=lambda pair: pair[1])


def most(doses: Sequence[Given], window: timedelta) -> Decimal:
    """An upper bound of the rolling sum: what begins before a window ends and is not over when it begins."""
    highest = running = _NOTHING
    first = 0
    for dose in doses:
        if dose.amount is None:
            continue
        running += dose.amount.value
        after = (dose.start if dose.due is None else dose.due.enters) - window
        while entered(doses[first]) + doses[first].lasts <= after:
            gone = doses[first].amount
            running -= gone.value if gone is not None else 0
            first += 1
        highest = max(highest, running)
    return highest


def excesses(doses: Sequence[Given], window: timedelta, limit: Decimal) -> list[Interval]:
    """All maximal intervals in which the rolling sum is above `limit`, in order. `doses` enter in order."""
    if most(doses, window) <= limit:
        return []
    bound = Fraction(limit)
    intervals: list[Interval] = []
    begun: datetime | None = None
    value, slope = Fraction(0), Fraction(0)
    last: datetime | None = None
    for instant, jump, turn in _changes(doses, window):
        if last is not None and slope:
            crossing = _crossing(last, instant, value, slope, bound)
            if crossing is not None:
                begun = _note(intervals, begun, crossing, slope > 0)
            value += slope * ((instant - last) // _MICROSECOND)
        value, slope, last = value + jump, slope + turn, instant
        if (value > bound) != (begun is not None):
            begun = _note(intervals, begun, instant, value > bound)
    return intervals


def known_from(doses: Sequence[Given], window: timedelta, begins: datetime) -> datetime:
    """When all that makes an excess which begins at an instant had been given, be it before it was due."""
    parts = counted(doses, window, begins)
    return min(begins, max((part.dose.end for part in parts), default=begins))


def _note(
    intervals: list[Interval], begun: datetime | None, instant: datetime, above: bool
) -> datetime | None:
    if above:
        return instant if begun is None else begun
    if begun is not None and instant > begun:
        intervals.append(Interval(begun, instant))
    return None


def _crossing(
    last: datetime, instant: datetime, value: Fraction, slope: Fraction, bound: Fraction
) -> datetime | None:
    """The first microsecond above the bound while rising, at or below it while falling."""
    span = (instant - last) // _MICROSECOND
    gap = bound - value
    if (slope > 0) != (gap >= 0):
        return None
    steps = floor(gap / slope) + 1 if slope > 0 else ceil(gap / slope)
    return last + timedelta(microseconds=steps) if 0 < steps < span else None


def _changes(doses: Sequence[Given], window: timedelta) -> list[tuple[datetime, Fraction, Fraction]]:
    merged: dict[datetime, tuple[Fraction, Fraction]] = {}
    for dose in doses:
        if dose.amount is None:
            continue
        for instant, jump, turn in _turns(dose, Fraction(dose.amount.value), window):
            held = merged.get(instant)
            merged[instant] = (jump, turn) if held is None else (held[0] + jump, held[1] + turn)
    return sorted((instant, jump, turn) for instant, (jump, turn) in merged.items())


def _turns(dose: Given, amount: Fraction, window: timedelta) -> Iterator[tuple[datetime, Fraction, Fraction]]:
    """When the rolling sum jumps or turns on account of a dose; exact, because thirds of an amount add up."""
    none = Fraction(0)
    enters, leaves = _times(dose)
    if not dose.lasts:
        yield enters, amount, none
        yield leaves + window, -amount, none
        return
    rate = amount / (dose.lasts // _MICROSECOND)
    yield enters, none, rate
    yield enters + dose.lasts, none, -rate
    yield leaves + window, none, -rate
    yield leaves + dose.lasts + window, none, rate
