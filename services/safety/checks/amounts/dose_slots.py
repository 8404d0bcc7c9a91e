"""When the doses of an order are due, and which due times the doses given account for.

House rules: clock times of the facility's zone where the order names them, or the house for so many times a
day (`ledger.house_hours`), else evenly spaced from the start of the dosage; of a range of frequencies the
lower. A ward may have another zone and other hours (`orders_on_wards`). A dose accounts for at most the
nearest open due time within the tolerance; what no dose accounts for stays open, even if extra doses were
given.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.dosage import Dosage
from services.safety.checks.wards.local_time import instant_of
from services.safety.ledger.entries import Prescribed

_DAY = timedelta(days=1)
_DAY_SECONDS = 86_400
_REMEMBERED = 50_000


def due_times(entry: Prescribed, after: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants in (after, until] at which a scheduled dose of the order is due, in order.

    Empty for orders on hold, orders as needed or once, and orders whose schedule is not structured.
    """
    if entry.on_hold:
        return []
    return sorted(
        {at for dosage in scheduled(entry) for at in dosage_times(entry, dosage, after, until, zone)}
    )


class Even(NamedTuple):
    """The only dosage of an order of the ward that makes doses due, one every `step`."""

    dosage: Dosage
    step: timedelta


class _Slots(NamedTuple):
    """What makes doses of an order due; the order is held, so that no other can take its identity."""

    entry: Prescribed
    dosages: tuple[Dosage, ...]
    even: Even | None


_known: dict[int, _Slots] = {}


def scheduled(entry: Prescribed) -> tuple[Dosage, ...]:
    """The dosages of an order that have due times, if their schedule is structured.

    Of undated dosages that follow each other only the first: nothing says when the next one begins.
    """
    return _slots(entry).dosages


def due_every(entry: Prescribed) -> Even | None:
    """How far apart the doses of an order are due, if it is for one dose every so often."""
    return _slots(entry).even


def _slots(entry: Prescribed) -> _Slots:
    """Looked up by the order's identity, as one order is asked about with each of its doses."""
    known = _known.get(id(entry))
    if known is None:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        first = min((dosage.sequence for dosage in entry.order.dosages), default=0)
        dosages = tuple(
            dosage
            for dosage in entry.order.dosages
            if not dosage.as_needed
            and not dosage.once
            and (dosage.sequence == first or dosage.starts_at is not None or dosage.ends_at is not None)
        )
        step = spacing(dosages[0]) if len(dosages) == 1 and not entry.order.community else None
        even = Even(dosages[0], step) if step is not None else None
        known = _known[id(entry)] = _Slots(entry, dosages, even)
    return known


def dosage_times(
    entry: Prescribed, dosage: Dosage, after: datetime, until: datetime, zone: ZoneInfo
) -> Iterable[datetime]:
    """The instants in (after, until] at which one scheduled dosage of an order is due, ward by ward."""
    if not entry.by_ward:
        yield from _times_of(entry, dosage, after, until, zone)
        return
    place = next(n for n, each in enumerate(entry.order.dosages) if each is dosage)
    for on_ward in entry.by_ward:
        first = max(after, on_ward.begins[place] - timedelta.resolution)
        last = until if on_ward.until is None else min(until, on_ward.until - timedelta.resolution)
        if first < last:
            yield from _times_of(entry, on_ward.dosages[place], first, last, on_ward.zone)


def _times_of(
    entry: Prescribed, dosage: Dosage, after: datetime, until: datetime, zone: ZoneInfo
) -> Iterable[datetime]:
    begins, last = _bounds(entry, dosage, until)
    if last < begins or last <= after:
        return
    if dosage.times_of_day:
        yield from _by_clock(dosage, begins, after, last, zone)
        return
    step = spacing(dosage)
    if step is None:
        return
    number = max(0, (after - begins) // step + 1)
    while begins + number * step <= last:
        yield begins + number * step
        number += 1


def nearest_time(entry: Prescribed, dosage: Dosage, step: timedelta, instant: datetime) -> datetime | None:
    """The due time nearest to an instant, the earlier of two, of a dosage with a dose every `step`."""
    begins, last = _bounds(entry, dosage, instant + step)
    if last < begins:
        return None
    before = begins + max(0, (min(instant, last) - begins) // step) * step
    after = before + step
    return after if after <= last and after - instant < abs(instant - before) else before


def _bounds(entry: Prescribed, dosage: Dosage, until: datetime) -> tuple[datetime, datetime]:
    """From when a dosage of an order makes doses due, and the last instant up to `until` when it does."""
    ends = [
        instant - timedelta.resolution for instant in (entry.until, dosage.ends_at) if instant is not None
    ]
    return max(entry.start, dosage.starts_at or entry.start), min((until, *ends))


def spacing(dosage: Dosage) -> timedelta | None:
    """How far apart the doses of a dosage are that tells no clock times; None where it does not say."""
    if dosage.period_seconds is None or dosage.times_of_day:
        return None
    step = timedelta(microseconds=int(dosage.period_seconds * 1_000_000 / _times(dosage)))
    return step if step > timedelta(0) else None


def shortest_gap(dosage: Dosage) -> timedelta:
    """How far apart the nearest two clock times of a dosage are, over midnight too; at most a day."""
    clocks = sorted(time.fromisoformat(text) for text in dosage.times_of_day)
    since = [timedelta(hours=clock.hour, minutes=clock.minute) for clock in clocks]
    around = [*since, since[0] + _DAY] if since else []
    return min((later - earlier for earlier, later in pairwise(around)), default=_DAY)


def closest(dosages: Iterable[Dosage]) -> timedelta | None:
    """How near to each other two doses may be due by any of these; None where one of them does not say."""
    gaps = [shortest_gap(each) if each.times_of_day else spacing(each) for each in dosages]
    known = [gap for gap in gaps if gap is not None]
    return min(known) if known and len(known) == len(gaps) else None


def _times(dosage: Dosage) -> Decimal:
    return dosage.times_low or dosage.times_high or Decimal(1)


def _by_clock(
    dosage: Dosage, begins: datetime, after: datetime, last: datetime, zone: ZoneInfo
) -> Iterable[datetime]:
    """Every day, or every so many days from the first; nothing where that is not a whole number of days."""
    every = 1
    if dosage.period_seconds is not None and dosage.period_seconds > _DAY_SECONDS:
        days = dosage.period_seconds * len(dosage.times_of_day) / _times(dosage) / _DAY_SECONDS
        if days != int(days):
            return
        every = int(days)
    first = begins.astimezone(zone).date()
    clocks = [time.fromisoformat(text) for text in dosage.times_of_day]
    if all(instant_of(first, clock, zone) < begins for clock in clocks):
        first += _DAY
    day = first + _DAY * every * max(0, (after.astimezone(zone).date() - first).days // every)
    while instant_of(day, time(), zone) <= last:
        for clock in clocks:
            instant = instant_of(day, clock, zone)
            if begins <= instant <= last and instant > after:
                yield instant
        day += _DAY * every


def open_slots(
    slots: Sequence[datetime], doses: Iterable[datetime], tolerance_at: Callable[[datetime], timedelta]
) -> list[datetime]:
    """The due times that no dose accounts for; `doses` are instants in order."""
    left = list(slots)
    for dose in doses:
        near = [slot for slot in left if abs(slot - dose) <= tolerance_at(slot)]
        if near:
            left.remove(min(near, key=lambda slot: (abs(slot - dose), slot)))
    return left
