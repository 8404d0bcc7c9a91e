"""When a drug was begun, and when its daily dose was raised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.medications import Route
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.prescribed_level import levels
from services.safety.checks.judgement import View, sooner
from services.safety.ledger.entries import Given

_MASS = "mass"


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` the drug was begun, or its scheduled daily dose raised, by these entities."""

    at: datetime
    raised: bool
    entities: tuple[str, ...]


def changes(
    view: View, ingredient: str, routes: frozenset[Route], gap: timedelta, since: datetime
) -> tuple[tuple[Change, ...], datetime | None]:
    """Every begin and rise after `since` up to now, in order, and when time may next bring another.

    An order begins the use where no dose is known since, or shortly before: doses say it better than orders.
    """
    doses, next_dose = _given(view, ingredient, routes, since - gap)
    orders, next_at = _ordered(view, ingredient, routes, since - gap)
    next_at = sooner(next_at, next_dose)
    found = list(_begun(doses, gap, since))
    found += [
        begun for begun in _begun(orders, gap, since) if not any(end > begun.at - gap for _, end, _ in doses)
    ]
    before: Decimal | None = None
    for level in levels(view, ingredient, routes, _MASS):
        if level.at > view.now:
            next_at = sooner(next_at, level.at)
            break
        rises = before is not None and level.per_day is not None and level.per_day > before > 0
        if rises and level.at > since:
            found.append(Change(level.at, True, level.entities))
        before = level.per_day
    found.sort(key=lambda change: (change.at, change.raised, change.entities))
    return tuple(found), next_at


_Span = tuple[datetime, datetime, str]


def _given(
    view: View, ingredient: str, routes: frozenset[Route], since: datetime
) -> tuple[list[_Span], datetime | None]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return [], None
    spans = [
        (dose.start, dose.end, dose.entity)
        for dose in timeline.overlapping(since, view.now)
        if dose.done and dose.end > since and covers(routes, dose.route, _micro(dose))
    ]
    return spans, timeline.next_after(view.now)


def _micro(dose: Given) -> bool:
    return dose.amount is not None and dose.amount.micro


def _ordered(
    view: View, ingredient: str, routes: frozenset[Route], since: datetime
) -> tuple[list[_Span], datetime | None]:
    spans: list[_Span] = []
    next_at: datetime | None = None
    for entry in view.ledger.prescribed.get(ingredient, ()):
        if entry.on_hold or entry.as_needed or (entry.routes and routes and routes.isdisjoint(entry.routes)):
            continue
        if entry.start > view.now:
            next_at = sooner(next_at, entry.start)
        elif entry.until is None or entry.until > since:
            until = view.now if entry.until is None else min(entry.until, view.now)
            spans.append((entry.start, until, entry.entity))
    return spans, next_at


def _begun(spans: Iterable[_Span], gap: timedelta, since: datetime) -> Iterator[Change]:
    reached: datetime | None = None
    for start, end, entity in sorted(spans):
        if (reached is None or start - reached >= gap) and start > since:
            yield Change(start, False, (entity,))
        reached = max(end, start) if reached is None else max(reached, end, start)
