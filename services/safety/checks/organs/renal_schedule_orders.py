"""Orders of which a dose is too large for the kidneys of now, or due again too soon."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.dosage import Dosage
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.daily_order import dose_changes, in_force
from services.safety.checks.amounts.ordered_single import ordered_single
from services.safety.checks.doses.ordered_interval import every
from services.safety.checks.judgement import Finding, View
from services.safety.checks.organs.renal_schedule_finding import ordered_too_often, too_large
from services.safety.checks.organs.renal_schedule_rules import Bound, ScheduleRule, bound
from services.safety.checks.use.activity import active_orders
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Prescribed

_Dosages = Sequence[tuple[Prescribed, Dosage, Amount | None]]


def ordered(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    reviews: list[datetime | None],
    unclear: dict[NotAssessedReason, dict[str, None]],
) -> Iterator[Finding]:
    """What the active orders break.

    `reviews` gets the instants at which time alone may change that, `unclear` the orders without an amount.
    """
    orders, changes = active_orders(view, ingredient)
    reviews.append(changes)
    by = bound(view, rule, view.now) if orders else None
    if by is None:
        return
    reviews += [instant for entry in orders for instant in dose_changes(entry)]
    dosages: list[tuple[Prescribed, Dosage, Amount | None]] = []
    for entry in orders:
        for dosage, single in _dosages(view, rule, entry):
            known = single if isinstance(single, Amount) else None
            dosages.append((entry, dosage, known))
            if by.held.unclear(known) and rule.asks_amounts:
                reason = NotAssessedReason.UNCONVERTIBLE_UNIT if isinstance(single, Amount) else single
                unclear.setdefault(reason, {})[entry.entity] = None
    yield from _large(view, ingredient, rule, by, dosages)
    yield from _often(view, ingredient, rule, by, dosages)


def _dosages(
    view: View, rule: ScheduleRule, entry: Prescribed
) -> Iterator[tuple[Dosage, Amount | NotAssessedReason]]:
    """What an order says now of doses by the row's routes, each with how much it is, or why not known."""
    for dosage in entry.order.dosages:
        if dosage.rate is None and in_force(dosage, view.now):
            single = ordered_single(entry, dosage)
            known = single if isinstance(single, Amount) else None
            if rule.speaks_of(dosage.route, known, entry.release):
                yield dosage, single


def _large(
    view: View, ingredient: str, rule: ScheduleRule, by: Bound, dosages: _Dosages
) -> Iterator[Finding]:
    singles: dict[str, Decimal] = {}
    for entry, _, single in dosages:
        if single is not None and by.held.too_large(single):
            singles[entry.entity] = max(single.value, singles.get(entry.entity, Decimal(0)))
    if singles:
        listed: list[JsonValue] = [{"entity": of, "single": plain(value)} for of, value in singles.items()]
        shown: dict[str, JsonValue] = {"orders": listed}
        largest = max(singles.values())
        how = "ordered as one dose"
        yield too_large(view, ingredient, rule, by, largest, how, shown, tuple(singles))


def _often(
    view: View, ingredient: str, rule: ScheduleRule, by: Bound, dosages: _Dosages
) -> Iterator[Finding]:
    wait = by.held.wait
    if wait is None:
        return
    apart: dict[str, timedelta] = {}
    as_needed = True
    for entry, dosage, single in dosages:
        span = every(dosage)
        if span is not None and span < wait.early and by.held.waits(single):
            apart[entry.entity] = min(span, apart.get(entry.entity, span))
            as_needed = as_needed and dosage.as_needed
    if apart:
        yield ordered_too_often(view, ingredient, rule, by, wait, apart, as_needed=as_needed)
