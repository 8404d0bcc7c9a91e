"""Quiet hours that would keep a page waiting for too long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from services.notifier.policy.assembling import Written
from services.notifier.policy.quiet import LONGEST, quiet_until
from services.notifier.policy.routes import QUIETEST_THAT_PAGES, QuietHours
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.ways import wards_named
from services.notifier.policy.weekly import stretches
from services.safety.knowledge.problems import Problem

_A_MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)


def problems(written: Written, policy: SitePolicy) -> Iterator[Problem]:
    """Rows that, with those that follow them at once, are longer than a page may wait."""
    routes = written.routes.value
    for number, row in enumerate(routes.quiet_hours):
        for ward in wards_named(row.wards, routes):
            longest = max(_waits(row, policy, ward), default=timedelta(0))
            if longest >= LONGEST:
                hours = LONGEST // timedelta(hours=1)
                what = f"the quiet hours of ward {ward!r} last {hours} hours or longer in a row"
                yield written.routes.problem(what, "leave hours between them", "quiet_hours", number)
                break


def _waits(row: QuietHours, policy: SitePolicy, ward: str) -> Iterator[timedelta]:
    hours, wards, zone = policy.routes.quiet_hours, frozenset(policy.routes.wards), policy.zone
    for _, first, _ in stretches(row.days, row.begins, row.ends, zone, _A_MONDAY, _A_MONDAY + _WEEK):
        until = quiet_until(hours, wards, ward, QUIETEST_THAT_PAGES, first, zone)
        if until is not None:
            yield until - first
