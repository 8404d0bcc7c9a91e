"""Single dose: one dose, given or ordered, is larger than the drug's largest single dose.

A dose given stays an issue for the policy's point-event time after it; an order for as long as it is
active. What runs longer than the policy's `bolus_up_to` is an infusion, not a single dose.
"""

from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.dosage import Dosage
from schemas.quantities import plain
from services.safety.checks.amounts.applicability import applicable, patient_inputs
from services.safety.checks.amounts.daily_order import daily_parts, dose_changes
from services.safety.checks.amounts.limits import Rule, base_unit, shown
from services.safety.checks.amounts.range_words import of_doses
from services.safety.checks.amounts.unit_fault import unit_doubt, unit_fault
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, sooner, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind


class SingleDose:
    """Doses and orders against the single-dose limits of one ingredient."""

    id = "single-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, and the age and weight where limits depend on them."""
        return frozenset({"given", "orders"}) | patient_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a limit for one dose."""
        return bool(knowledge.limits(ingredient, LimitKind.SINGLE))

    def judge(self, view: View, subject: str) -> Judgement:
        """The largest excess over any applicable single-dose limit that is still in its time."""
        limits = applicable(view, subject, LimitKind.SINGLE)
        rules, turns = limits.rules, limits.review_at
        if not rules:
            return SILENT if turns is None else Judgement((), turns)
        found: list[Finding] = []
        reviews: list[datetime | None] = [turns]
        for rule in rules:
            for finding, review_at in (_given(view, subject, rule), _ordered(view, subject, rule)):
                reviews.append(review_at)
                if finding is not None:
                    found.append(finding)
        return Judgement(the_worst(found), earliest(view.now, *reviews))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where the dose is like the one before, of which all is still told, or no larger than any limit, as
        then no dose alike is.
        """
        dose, before = further.dose, further.before
        amount = dose.amount
        rules = applicable(view, dose.ingredient, LimitKind.SINGLE).rules
        alike = before.kind is dose.kind and before.lasts == dose.lasts and before.amount == amount
        told = alike and before.done and view.now < before.start + view.knowledge.policy.dose.point_event
        if not told and any(amount is not None and amount.value > rule.value for rule in rules):
            return False
        if any(amount is None or (amount.value > rule.value and rule.under((dose,))) for rule in rules):
            return True
        return Spaced()


def _given(view: View, ingredient: str, rule: Rule) -> tuple[Finding | None, datetime | None]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return None, None
    policy = view.knowledge.policy.dose
    review_at = timeline.next_after(view.now)
    amounts: dict[str, Decimal] = {}
    listed: list[JsonValue] = []
    for dose in timeline.overlapping(view.now - policy.point_event, view.now):
        amount = dose.amount
        ends = dose.start + policy.point_event
        if (
            amount is None
            or amount.value <= rule.value
            or dose.lasts > policy.bolus_up_to
            or ends <= view.now
        ):
            continue
        if not rule.counts(amount, dose.route, dose.release):
            continue
        review_at = sooner(review_at, ends)
        amounts[dose.entity] = amount.value
        listed.append(
            {
                "entity": dose.entity,
                "start": dose.start.isoformat(),
                "stated": dose.stated,
                "counted": plain(amount.value),
            }
        )
    if not amounts:
        return None, review_at
    largest = max(amounts.values())
    evidence: dict[str, JsonValue] = {"doses": listed}
    return _finding(ingredient, rule, largest, "given at once", tuple(amounts), evidence), review_at


def _ordered(view: View, ingredient: str, rule: Rule) -> tuple[Finding | None, datetime | None]:
    orders, review_at = active_orders(view, ingredient)
    singles: dict[str, Decimal] = {}
    dosages: list[Dosage] = []
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        for part in daily_parts(entry, view.now)[0]:
            fits = rule.counts(part.single, part.route, entry.release)
            if fits and part.dosage.rate is None and part.single.value > rule.value:
                singles[entry.entity] = max(part.single.value, singles.get(entry.entity, Decimal(0)))
                dosages.append(part.dosage)
    if not singles:
        return None, review_at
    listed: list[JsonValue] = [
        {"entity": entity, "single": plain(value)} for entity, value in singles.items()
    ]
    largest = max(singles.values())
    evidence: dict[str, JsonValue] = {"orders": listed}
    how = f"ordered as one dose{of_doses(dosages)}"
    return _finding(ingredient, rule, largest, how, tuple(singles), evidence), review_at


def _finding(
    ingredient: str,
    rule: Rule,
    largest: Decimal,
    how: str,
    entities: tuple[str, ...],
    listed: dict[str, JsonValue],
) -> Finding:
    row = rule.row
    return Finding(
        check=SingleDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=rule.overshoot(largest),
        level=largest / rule.value,
        text=(
            f"{ingredient}: {shown(largest, row.value)} {how}; largest single dose {rule.said}. "
            f"{unit_doubt(largest, rule.value)}{row.action}"
        ),
        implicated=(*entities, *rule.rests_on),
        evidence={
            **listed,
            "unit": base_unit(rule.dimension),
            "total": plain(largest),
            "limit": plain(rule.value),
            **rule.shown_patient,
            **unit_fault(largest, rule.value),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
