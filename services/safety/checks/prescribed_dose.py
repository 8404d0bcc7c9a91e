"""Prescribed dose: the active orders of an ingredient together allow more in a window than its limit.

Ranges count at their upper end. What is only "as needed" is shown as minor when the limit is passed through
it alone. Orders that look like alternatives (same dose and schedule, another route) are asked about, not
paged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.activity import active_orders
from services.safety.checks.applicability import applicable, patient_inputs
from services.safety.checks.daily_order import DailyPart, daily_parts, dose_changes, once_until
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.limits import Rule, base_unit, shown
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Prescribed

_NOTHING = Decimal(0)
_DAY = timedelta(hours=24)


class PrescribedDose:
    """Active orders against the daily limits of one ingredient."""

    id = "prescribed-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Orders, and the age and weight where limits depend on them."""
        return frozenset({"orders"}) | patient_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a daily limit."""
        return bool(knowledge.limits(ingredient, LimitKind.DAILY))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess of what is prescribed for a window over an applicable limit."""
        if subject not in view.ledger.prescribed:
            return SILENT
        limits = applicable(view, subject, LimitKind.DAILY)
        rules, turns = limits.rules, limits.review_at
        if not rules:
            return SILENT if turns is None else Judgement((), turns)
        orders, review_at = active_orders(view, subject)
        instants: list[datetime | None] = [turns, review_at]
        for entry in orders:
            instants += dose_changes(entry)
            instants += [once_until(entry, dosage) for dosage in entry.order.dosages]
        parts = {window: _parts(orders, view.now, window) for window in {rule.window for rule in rules}}
        over = [found for rule in rules if (found := _over(subject, rule, parts[rule.window])) is not None]
        return Judgement(the_worst(over), earliest(view.now, *instants))


def _parts(orders: Sequence[Prescribed], now: datetime, window: timedelta) -> list[DailyPart]:
    return [
        part
        for entry in orders
        for part in daily_parts(entry, now, window)[0]
        if (ends := once_until(entry, part.dosage)) is None or now < ends
    ]


def _over(ingredient: str, rule: Rule, parts: Sequence[DailyPart]) -> Finding | None:
    mine = [part for part in parts if rule.counts(part.single, part.route, part.entry.release)]
    everything = _sum(mine)
    if everything <= rule.value:
        return None
    scheduled = [part for part in mine if not part.as_needed]
    fixed, surely = _sum(scheduled), _sum_of_unlike(scheduled)
    if surely > rule.value:
        amount, severity, note = surely, rule.overshoot(surely), ""
    elif fixed > rule.value:
        amount, severity = fixed, Severity.MINOR
        note = " Some of these orders look like alternatives of each other: confirm."
    else:
        amount, severity, note = everything, Severity.MINOR, " Only what is given as needed passes the limit."
    row = rule.row
    listed: list[JsonValue] = [
        {
            "entity": part.entry.entity,
            "single": plain(part.single.value),
            "doses_in_window": plain(part.doses),
            "in_window": plain(part.amount),
            "as_needed": part.as_needed,
        }
        for part in mine
    ]
    return Finding(
        check=PrescribedDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=amount / rule.value,
        text=(
            f"{ingredient}: {shown(amount, row.value)} prescribed per {_called(rule.window)}; "
            f"limit {rule.said}.{note} {row.action}"
        ),
        implicated=(*dict.fromkeys(part.entry.entity for part in mine), *rule.rests_on),
        evidence={
            "orders": listed,
            "window_hours": plain(Decimal(int(rule.window.total_seconds())) / 3600),
            "unit": base_unit(rule.dimension),
            "total": plain(amount),
            "limit": plain(rule.value),
            **rule.shown_patient,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )


def _called(window: timedelta) -> str:
    return "day" if window == _DAY else f"{plain(Decimal(int(window.total_seconds())) / 86_400)} days"


def _sum(parts: Sequence[DailyPart]) -> Decimal:
    """The sum, where of orders that are linked as alternatives the largest counts."""
    groups: dict[str, Decimal] = {}
    total = _NOTHING
    for part in parts:
        link = part.entry.order.alternatives
        if link is None:
            total += part.amount
        else:
            groups[link] = max(groups.get(link, _NOTHING), part.amount)
    return total + sum(groups.values(), _NOTHING)


def _sum_of_unlike(parts: Sequence[DailyPart]) -> Decimal:
    """The sum, where of equal doses and schedules by different routes one route counts as well."""
    linked = [part for part in parts if part.entry.order.alternatives is not None]
    alike: dict[tuple[Decimal, Decimal], dict[str, Decimal]] = {}
    for part in parts:
        if part.entry.order.alternatives is None:
            routes = alike.setdefault((part.single.value, part.doses), {})
            routes[part.route.value] = routes.get(part.route.value, _NOTHING) + part.amount
    return _sum(linked) + sum((max(routes.values()) for routes in alike.values()), _NOTHING)
