"""Stretches of time that repeat by the days of the week, as instants."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notifier.policy.wall_clock import day_shown, instant_of

_DAY = timedelta(days=1)


def stretches(
    days: frozenset[int], begins: time, ends: time, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """The stretches that have a part in `start` to `end`, in order: the day on which each begins, and from
    when until just before when it lasts, in UTC.

    Each begins on one of `days` (0 is Monday) at `begins` of the ward's clock, and lasts until the clock
    shows `ends`, on the next day where that is not later. One that the clock leaps over whole is left out.
    """
    day = day_shown(start, zone) - 2 * _DAY
    while day <= day_shown(end, zone):
        if day.weekday() in days:
            until = day if ends > begins else day + _DAY
            first, last = instant_of(day, begins, zone), instant_of(until, ends, zone)
            if first < min(last, end) and last > start:
                yield day, first, last
        day += _DAY
