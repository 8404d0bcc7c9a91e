"""Single dose: one dose, given or ordered, is larger than the drug's largest single dose.

A dose given stays an issue for the policy's point-event time after it; an order for as long as it is active. What runs
longer than the policy's `bolus_up_to` is an infusion, not a single dose.
"""

from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.activity import active_orders
from services.safety.checks.daily_order import daily_parts, dose_changes
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest
from services.safety.checks.limits import applicable, base_unit, bound, falls_under, overshoot, shown, under
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Limit, LimitKind


class SingleDose:
    """Doses and orders against the single-dose limits of one ingredient."""

    id = "single-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, and the age where limits depend on it."""
        return frozenset({"given", "orders", "person"})

    def judge(self, view: View, subject: str) -> Judgement:
        """The largest excess over any applicable single-dose limit that is still in its time."""
        rows, _ = applicable(view, subject, LimitKind.SINGLE)
        if not rows:
            return SILENT
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for row in rows:
            for finding, review_at in (_given(view, subject, row), _ordered(view, subject, row)):
                reviews.append(review_at)
                if finding is not None:
                    found.append(finding)
        if not found:
            return Judgement((), earliest(view.now, *reviews))
        worst = max(found, key=lambda f: (not f.shadow, f.severity.rank, f.level))
        return Judgement((worst,), earliest(view.now, *reviews))


def _given(view: View, ingredient: str, row: Limit) -> tuple[Finding | None, datetime | None]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return None, None
    policy = view.knowledge.policy.dose
    limit = bound(row.value)
    doses = [
        dose
        for dose in under(row, timeline.overlapping(view.now - policy.point_event, datetime.max.replace(tzinfo=view.now.tzinfo)))
        if dose.amount is not None and dose.lasts <= policy.bolus_up_to and dose.amount.value > limit.value
    ]
    review_at = earliest(view.now, *(i for dose in doses for i in (dose.start, dose.start + policy.point_event)))
    doses = [dose for dose in doses if dose.start <= view.now < dose.start + policy.point_event]
    if not doses:
        return None, review_at
    amounts = {dose.entity: dose.amount.value for dose in doses if dose.amount is not None}
    largest = max(amounts.values())
    listed: list[JsonValue] = [
        {"entity": dose.entity, "start": dose.start.isoformat(), "stated": dose.stated, "counted": plain(amounts[dose.entity])}
        for dose in doses
    ]
    return _finding(view, ingredient, row, largest, "given at once", tuple(amounts), {"doses": listed}), review_at


def _ordered(view: View, ingredient: str, row: Limit) -> tuple[Finding | None, datetime | None]:
    orders, review_at = active_orders(view, ingredient)
    limit = bound(row.value)
    singles: dict[str, Decimal] = {}
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        for part in daily_parts(entry, view.now)[0]:
            fits = part.single.dimension == limit.dimension and falls_under(row, part.route, part.single.micro)
            if fits and part.dosage.rate is None and part.single.value > limit.value:
                singles[entry.entity] = max(part.single.value, singles.get(entry.entity, Decimal(0)))
    if not singles:
        return None, review_at
    listed: list[JsonValue] = [{"entity": entity, "single": plain(value)} for entity, value in singles.items()]
    largest = max(singles.values())
    return _finding(view, ingredient, row, largest, "ordered as one dose", tuple(singles), {"orders": listed}), review_at


def _finding(
    view: View, ingredient: str, row: Limit, largest: Decimal, how: str, entities: tuple[str, ...], listed: dict[str, JsonValue]
) -> Finding:
    limit = bound(row.value)
    drug = view.knowledge.drug(ingredient)
    return Finding(
        check=SingleDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=overshoot(largest, limit.value, view),
        level=largest / limit.value,
        text=f"{ingredient}: {shown(largest, row.value)} {how}; largest single dose {row.value}. {row.action}",
        implicated=entities,
        evidence={**listed, "unit": base_unit(limit.dimension), "total": plain(largest), "limit": plain(limit.value)},
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=bool(drug and drug.high_alert),
    )
