"""How ids, days, times and lists are written in a policy file."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from services.safety.knowledge.notation import Span

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""Of a person, rota, route, channel, role. It stands in delivery ids: no spaces, slashes, commas, colons."""
Ward = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Wait = Annotated[Span, Field(gt=timedelta(0), le=timedelta(days=1))]
Patience = Annotated[Span, Field(ge=timedelta(hours=1), le=timedelta(days=31))]
Tier = Annotated[int, Field(ge=1, le=3)]
"""A tier that pages; tier 4 is listed and never paged."""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])$")
_MOMENT = re.compile(r"^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})$")
_DAYS_CURE = "write every day, mon-fri, or sat, sun"


def _clock(written: object) -> object:
    if isinstance(written, time):
        return written
    found = _CLOCK.match(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is no time of day; write it as 06:30, from 00:00 to 23:59")
    return time(int(found[1]), int(found[2]))


def _day(written: object) -> object:
    if isinstance(written, date):
        return written
    try:
        return date.fromisoformat(written if isinstance(written, str) else "")
    except ValueError as error:
        raise ValueError(f"{written!r} is no day; write it as 2026-02-28") from error


def _moment(written: object) -> object:
    if isinstance(written, datetime):
        return written
    found = _MOMENT.match(written) if isinstance(written, str) else None
    try:
        if found is None:
            raise ValueError
        return datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError as error:
        what = f"{written!r} is no day and time of the ward's clock; write it as 2026-12-24 14:00"
        raise ValueError(what) from error


def _days(written: object) -> object:
    """The weekdays of "every day", "mon-fri", "sat, sun" or "fri-mon"; 0 is Monday."""
    if isinstance(written, frozenset):
        return written
    if written == "every day":
        return frozenset(range(7))
    found: set[int] = set()
    for part in written.split(",") if isinstance(written, str) else [""]:
        first, dash, last = (name.strip() for name in part.partition("-"))
        if first not in _WEEK or (dash and last not in _WEEK):
            raise ValueError(f"{written!r} names no days; {_DAYS_CURE}")
        begin = _WEEK.index(first)
        length = (_WEEK.index(last) - begin) % 7 if dash else 0
        found |= {(begin + ahead) % 7 for ahead in range(length + 1)}
    return frozenset(found)


def _all(written: object) -> object:
    if written == "all":
        return None
    if not isinstance(written, list) or not written:
        raise ValueError("this is no list; list them, or write all")
    return tuple(written)


Clock = Annotated[time, BeforeValidator(_clock)]
"""A time of the ward's clock."""
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A day and a time of the ward's clock, without an offset: "2026-12-24 14:00"."""
Days = Annotated[frozenset[int], BeforeValidator(_days)]
"""Days of the week, 0 is Monday."""
All = BeforeValidator(_all)
"""A list, or "all", which is read as None."""
