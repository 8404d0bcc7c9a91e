"""Orders by which a drug is due sooner after the dose before than a rule allows, told before it is given."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.dosage import Dosage
from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.checks.amounts.daily_order import daily_parts, dose_changes, in_force
from services.safety.checks.amounts.limits import covers
from services.safety.checks.doses.interval_breach import Larger, Least
from services.safety.checks.doses.interval_finding import CHECK, minutes
from services.safety.checks.judgement import Finding, View, earliest
from services.safety.checks.span_words import in_words
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.kinds.interval import Interval
from services.safety.ledger.entries import Prescribed

_DAY = timedelta(hours=24)
_ONE = Decimal(1)


def ordered_too_often(
    view: View, ingredient: str, row: Interval, least: Least, source: SourceRef, larger: Larger | None
) -> tuple[Finding | None, datetime | None]:
    """The active orders of an ingredient by themselves; one as needed counts one severity lower.

    Where only what follows a `larger` dose has to wait, orders of less are in order.
    """
    orders, review_at = active_orders(view, ingredient)
    routes = frozenset(row.routes)
    shortest: dict[str, timedelta] = {}
    as_needed = True
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        for apart, dosage in _intervals(entry, routes, view.now):
            if apart < least.early and (larger is None or _orders(entry, dosage, larger, view.now)):
                shortest[entry.entity] = min(apart, shortest.get(entry.entity, apart))
                as_needed = as_needed and dosage.as_needed
    if not shortest:
        return None, review_at
    apart = min(shortest.values())
    listed: list[JsonValue] = [
        {"entity": entity, "every": plain(minutes(span))} for entity, span in shortest.items()
    ]
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity.stepped(-1) if as_needed else row.severity,
        text=(
            f"{ingredient}: ordered every {in_words(apart)}; at least {in_words(least.interval)} from dose "
            f"to dose. {row.action}"
        ),
        implicated=tuple(shortest),
        evidence={
            "orders": listed,
            "unit": "min",
            "total": plain(minutes(apart)),
            "limit": plain(minutes(least.interval)),
        },
        sources=(source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    ), review_at


def _orders(entry: Prescribed, dosage: Dosage, larger: Larger, now: datetime) -> bool:
    """Whether one dose of a part of an order is larger."""
    parts = daily_parts(entry, now)[0]
    return any(part.dosage is dosage and larger.than(part.single) for part in parts)


def _intervals(
    entry: Prescribed, routes: frozenset[Route], now: datetime
) -> Iterator[tuple[timedelta, Dosage]]:
    for dosage in entry.order.dosages:
        apart = every(dosage)
        if apart is not None and in_force(dosage, now) and covers(routes, dosage.route, micro=False):
            yield apart, dosage


def every(dosage: Dosage) -> timedelta | None:
    """The mean time from dose to dose, of a range of frequencies by the higher; None where none is stated."""
    if dosage.once:
        return None
    if dosage.period_seconds is None:
        return _DAY / len(dosage.times_of_day) if dosage.times_of_day else None
    times = dosage.times_high or dosage.times_low or _ONE
    times = max(times, Decimal(len(dosage.times_of_day)))
    return timedelta(microseconds=int(dosage.period_seconds * 1_000_000 / times))
