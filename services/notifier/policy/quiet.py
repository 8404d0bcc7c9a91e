"""Until when a page of a low tier waits, because the ward sleeps."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.policy.routes import QuietHours
from services.notifier.policy.weekly import stretches

QUIET_TIERS = frozenset((3, 4))
LONGEST = timedelta(hours=14)
"""No page waits longer, however many quiet hours follow one another."""
_MOMENT = timedelta(microseconds=1)


def quiet_until(
    hours: Iterable[QuietHours], wards: frozenset[str], ward: str, tier: int, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The end of the quiet hours that `now` is in, those that follow at once included; None outside of them.

    `wards`: those of the policy, which rows for all wards are about. An unknown ward has no quiet hours.
    """
    if tier not in QUIET_TIERS or ward not in wards:
        return None
    rows = [row for row in hours if tier in row.tiers and (row.wards is None or ward in row.wards)]
    until = now
    while until - now < LONGEST:
        found = [
            last
            for row in rows
            for _, first, last in stretches(row.days, row.begins, row.ends, zone, until, until + _MOMENT)
            if first <= until < last
        ]
        if not found:
            break
        until = max(found)
    return min(until, now + LONGEST) if until > now else None
