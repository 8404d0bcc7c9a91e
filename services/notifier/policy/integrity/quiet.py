"""Quiet hours that would keep a page waiting for too long, or until it is told no more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from services.notifier.policy.assembling import Written
from services.notifier.policy.quiet import LONGEST, quiet_until
from services.notifier.policy.routes import QUIETEST_THAT_PAGES, QuietHours, Route
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import wards_named, ways
from services.notifier.policy.weekly import stretches
from services.safety.knowledge.problems import Problem

_A_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)


def problems(written: Written, policy: SitePolicy) -> Iterator[Problem]:
    """Rows that, with those that follow them at once, are longer than a page may wait; routes whose pages
    may expire meanwhile.
    """
    routes = written.routes.value
    for number, row in enumerate(routes.quiet_hours):
        for ward in wards_named(row.wards, routes):
            longest = max(_waits(row, policy, ward), default=timedelta(0))
            if longest >= LONGEST:
                hours = LONGEST // timedelta(hours=1)
                what = f"the quiet hours of ward {ward!r} last {hours} hours or longer in a row"
                yield written.routes.problem(what, "leave hours between them", "quiet_hours", number)
                break
    yield from _expiring(written, policy)


def _expiring(written: Written, policy: SitePolicy) -> Iterator[Problem]:
    """A page that was ordered just before quiet hours waits for their end, and may be held back after it."""
    routes = written.routes.value
    low = routes.low_tiers
    if low is None:
        return
    for at in ways(routes):
        expires = at.way.expires_after if isinstance(at.way, Route) else None
        quiet = [
            wait
            for row in routes.quiet_hours
            for ward in wards_named(row.wards, routes)
            if ward in at.wards
            for wait in _waits(row, policy, ward)
        ]
        if expires is None or not quiet:
            continue
        longest = max(quiet) + 2 * low.together + (low.within or timedelta(0))
        if expires <= longest:
            what = "a page that waits for others when quiet hours begin may expire before it is told"
            cure = f"make this longer than {longest.total_seconds() / 60:g} min"
            yield written.routes.problem(what, cure, *at.place, "expires_after")


def _waits(row: QuietHours, policy: SitePolicy, ward: str) -> Iterator[timedelta]:
    hours, wards, zone = policy.routes.quiet_hours, frozenset(policy.routes.wards), policy.zone
    for _, first, _ in stretches(row.days, row.begins, row.ends, zone, _A_MONDAY, _A_MONDAY + _WEEK):
        until = quiet_until(hours, wards, ward, QUIETEST_THAT_PAGES, first, zone)
        if until is not None:
            yield until - first
