"""Prescribed dose: the active orders of an ingredient together allow more in a window than its limit.

Ranges count at their upper end. What is only "as needed" is shown as minor when the limit is passed through
it alone. Orders that look like alternatives (same dose and schedule, another route) are asked about, not
paged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.amounts.applicability import applicable, patient_inputs
from services.safety.checks.amounts.daily_order import DailyPart
from services.safety.checks.amounts.limits import Rule, base_unit, shown
from services.safety.checks.amounts.ordered_excess import changes_of, ordered_excess, parts_of
from services.safety.checks.amounts.range_words import of_days
from services.safety.checks.amounts.unit_fault import unit_doubt, unit_fault
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind

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
        instants += changes_of(orders)
        parts = {window: parts_of(orders, view.now, window) for window in {rule.window for rule in rules}}
        over = [found for rule in rules if (found := _over(subject, rule, parts[rule.window])) is not None]
        return Judgement(the_worst(over), earliest(view.now, *instants))


def _over(ingredient: str, rule: Rule, parts: Sequence[DailyPart]) -> Finding | None:
    mine = [part for part in parts if rule.counts(part.single, part.route, part.entry.release)]
    excess = ordered_excess(mine, rule.value)
    if excess is None:
        return None
    row = rule.row
    largest = max(part.single.value for part in mine)
    return Finding(
        check=PrescribedDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=Severity.MINOR if excess.note else rule.overshoot(excess.amount),
        level=excess.amount / rule.value,
        text=(
            f"{ingredient}: {shown(excess.amount, row.value)} prescribed per {_called(rule.window)}"
            f"{of_days(part.dosage for part in mine)}; "
            f"limit {rule.said}.{excess.note} {unit_doubt(largest, rule.value)}{row.action}"
        ),
        implicated=(*excess.entities, *rule.rests_on),
        evidence={
            "orders": excess.orders,
            "window_hours": plain(Decimal(int(rule.window.total_seconds())) / 3600),
            "unit": base_unit(rule.dimension),
            "total": plain(excess.amount),
            "limit": plain(rule.value),
            **rule.shown_patient,
            **unit_fault(largest, rule.value),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )


def _called(window: timedelta) -> str:
    return "day" if window == _DAY else f"{plain(Decimal(int(window.total_seconds())) / 86_400)} days"
