"""Which instant a clock on the ward shows as this day and time, on the two odd days of the year as well.

A time that the clock passes twice is its first passing; one that it leaps over is the instant of the leap.
So a later time of the same day is never an earlier instant, and who ends at a time hands over to who begins
then.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clock shows `at` on `day`. Both without an offset."""
    if exists(day, at, zone):
        return datetime.combine(day, at, zone).astimezone(UTC)
    return _leap(datetime.combine(day, at, zone))


def exists(day: date, at: time, zone: ZoneInfo) -> bool:
    """False for a time that the clock leaps over on that day."""
    shown = datetime.combine(day, at, zone)
    return shown.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None)


def day_shown(instant: datetime, zone: ZoneInfo) -> date:
    """The day of the facility at an aware instant."""
    return instant.astimezone(zone).date()


def _leap(shown: datetime) -> datetime:
    """The instant at which the clock leaps over the time `shown`."""
    zone = shown.tzinfo
    early, late = (_seconds(shown.replace(fold=fold).astimezone(UTC)) for fold in (1, 0))
    before = _at(early).astimezone(zone).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if _at(middle).astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return _at(late)


def _seconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(seconds=1)


def _at(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
