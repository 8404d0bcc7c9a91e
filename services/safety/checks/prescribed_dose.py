"""Prescribed dose: the active orders of an ingredient together allow more in a day than its limit.

Ranges count at their upper end. What is only "as needed" is shown as minor when the limit is passed through
it alone. Orders that look like alternatives (same dose and schedule, another route) are asked about, not
paged.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.activity import active_orders
from services.safety.checks.applicability import age_inputs, applicable
from services.safety.checks.daily_order import DailyPart, daily_parts, dose_changes, once_until
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.limits import Rule, base_unit, shown
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind

_NOTHING = Decimal(0)


class PrescribedDose:
    """Active orders against the daily limits of one ingredient."""

    id = "prescribed-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Orders, and the age and weight where limits depend on them."""
        return frozenset({"orders"}) | age_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a daily limit."""
        return bool(knowledge.limits(ingredient, LimitKind.DAILY))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess of the prescribed day over an applicable limit."""
        if subject not in view.ledger.prescribed:
            return SILENT
        limits = applicable(view, subject, LimitKind.DAILY)
        rules, turns = limits.rules, limits.review_at
        if not rules:
            return SILENT if turns is None else Judgement((), turns)
        orders, review_at = active_orders(view, subject)
        parts: list[DailyPart] = []
        instants: list[datetime | None] = [turns, review_at]
        for entry in orders:
            instants += dose_changes(entry)
            for part in daily_parts(entry, view.now)[0]:
                ends = once_until(entry, part.dosage)
                instants.append(ends)
                if ends is None or view.now < ends:
                    parts.append(part)
        over = [finding for rule in rules if (finding := _over(subject, rule, parts)) is not None]
        return Judgement(the_worst(over), earliest(view.now, *instants))


def _over(ingredient: str, rule: Rule, parts: Sequence[DailyPart]) -> Finding | None:
    mine = [part for part in parts if rule.counts(part.single, part.route)]
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
            "doses_per_day": plain(part.doses),
            "per_day": plain(part.amount),
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
            f"{ingredient}: {shown(amount, row.value)} prescribed per day; limit {rule.said}."
            f"{note} {row.action}"
        ),
        implicated=(*dict.fromkeys(part.entry.entity for part in mine), *rule.rests_on),
        evidence={
            "orders": listed,
            "unit": base_unit(rule.dimension),
            "total": plain(amount),
            "limit": plain(rule.value),
            **rule.shown_weight,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )


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
