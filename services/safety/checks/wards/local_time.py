"""Clock times and calendar days of the facility as instants, on the days when clocks change as well.

House rules: a clock time that a day does not have (clocks go forward) is the moment at which they do; one
that a day has twice (clocks go back) is the first.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MIDNIGHT = time()


@lru_cache(maxsize=65_536)
def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in a zone show a time on a day."""
    shown = datetime.combine(day, clock, zone)
    instant = shown.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return instant
    # The time lies in the gap: with the later offset it is before the change, with the earlier one after it.
    before, after = shown.replace(fold=1).astimezone(UTC), instant
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta.resolution:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def day_begins(instant: datetime, zone: ZoneInfo) -> datetime:
    """The local midnight, in UTC, that begins the calendar day of an instant."""
    return instant_of(instant.astimezone(zone).date(), _MIDNIGHT, zone)


def day_ends(instant: datetime, zone: ZoneInfo) -> datetime:
    """The next local midnight after an instant, in UTC: the first moment of the following day."""
    return instant_of(instant.astimezone(zone).date() + _DAY, _MIDNIGHT, zone)
