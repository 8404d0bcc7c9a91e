"""How a scenario writes its times: "day 1 08:00", "day 3 20:00:01", "days 1-3 08:00 14:00 20:00"."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
"""Midnight at which day 1 begins. Days are days of UTC."""

_WRITTEN = re.compile(r"^days? (?P<first>\d+)(?:-(?P<last>\d+))?(?P<clocks>(?: \d\d:\d\d(?::\d\d)?)+)$")


def moments(written: object) -> object:
    """Every moment that a text names, in order; several days and several times of day multiply."""
    if isinstance(written, tuple):
        return written
    found = _WRITTEN.match(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is no time; write it like day 1 08:00, or days 1-3 08:00 20:00")
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if first < 1 or last < first:
        raise ValueError(f"{written!r} names no day; days count from 1")
    return tuple(
        FIRST_DAY + timedelta(days=day - 1) + _of_day(clock)
        for day in range(first, last + 1)
        for clock in found["clocks"].split()
    )


def moment(written: object) -> object:
    """The one moment that a text names."""
    found = moments(written)
    if isinstance(found, tuple) and len(found) == 1:
        return found[0]
    raise ValueError(f"{written!r} names several times where one belongs")


def shown(at: datetime) -> str:
    """A moment as a scenario writes it."""
    since = at - FIRST_DAY
    clock = f"{at:%H:%M:%S}".removesuffix(":00") if at.second else f"{at:%H:%M}"
    return f"day {since.days + 1} {clock}"


def _of_day(clock: str) -> timedelta:
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    if hours > 23 or minutes > 59 or any(second > 59 for second in seconds):
        raise ValueError(f"{clock!r} is no time of day")
    return timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))


Moments = Annotated[tuple[datetime, ...], BeforeValidator(moments)]
Moment = Annotated[datetime, BeforeValidator(moment)]
