"""Benefit review: a drug has been at its full dose for long enough to know whether it helps.

Due in the house only, where somebody can look. Whatever was documented of the effect since the dose was
reached settles it; so does a lower dose.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import base, plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.amounts.prescribed_level import Level, levels
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.in_use_since import last_given
from services.safety.checks.wards.stay import in_a_known_stay, stay, stays_on
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.benefit_review import BenefitReview
from services.safety.knowledge.models import Code


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: BenefitReview
    routes: frozenset[Route]
    amount: Decimal
    dimension: str
    source: SourceRef


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, BenefitReview):
        amount, dimension = base(row.at_daily.value, row.at_daily.unit)
        found.append(_Rule(row, frozenset(row.routes), amount, dimension, source_ref(row)))
    return tuple(found)


@lru_cache(maxsize=64)
def _effects(knowledge: KnowledgeBase) -> frozenset[Code]:
    return frozenset(code for row in knowledge.rules_of_kind(BenefitReview) for code in row.effects)


class BenefitUnknown:
    """The time at full dose of one drug against the time after which it must show a benefit."""

    id = "benefit-review"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays and what documents the effect, where any row speaks."""
        effects = _effects(knowledge)
        return effects | {"given", "orders", "encounters"} if effects else frozenset()

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The review that is due."""
        rules = _rules(view.knowledge, subject)
        if not rules or subject not in view.ledger.prescribed:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for rule in rules:
            finding, changes = _judged(view, subject, rule)
            review_at = earliest(view.now, review_at, changes)
            if finding is not None:
                found.append(finding)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """In a stay that is known: elsewhere the last dose tells whether the patient is in the house."""
        return Spaced() if stays_on(view) else in_a_known_stay(view)


def _judged(view: View, ingredient: str, rule: _Rule) -> tuple[Finding | None, datetime | None]:
    now = view.now
    reached: Level | None = None
    present: Level | None = None
    for level in levels(view, ingredient, rule.routes, rule.dimension):
        if level.at > now:
            return _told(view, ingredient, rule, reached, present, level.at)
        full = level.per_day is not None and level.per_day >= rule.amount
        reached = (reached or level) if full else None
        present = level
    return _told(view, ingredient, rule, reached, present, None)


def _told(
    view: View,
    ingredient: str,
    rule: _Rule,
    reached: Level | None,
    present: Level | None,
    changes: datetime | None,
) -> tuple[Finding | None, datetime | None]:
    if reached is None or present is None or present.per_day is None:
        return None, changes
    due = reached.at + rule.row.after
    if view.now < due:
        return None, earliest(view.now, changes, due)
    timelines = [t for code in rule.row.effects if (t := view.ledger.observed.get(code)) is not None]
    changes = earliest(view.now, changes, *(timeline.next_after(view.now) for timeline in timelines))
    if any((last := t.latest(view.now)) is not None and last.start > reached.at for t in timelines):
        return None, changes
    where, more = stay(view, last_given(view, ingredient))
    given = view.ledger.given.get(ingredient)
    changes = earliest(view.now, changes, more, given.next_after(view.now) if given is not None else None)
    if where is None:
        return None, changes
    return _finding(view, ingredient, rule, reached, present, present.per_day), changes


def _finding(
    view: View, ingredient: str, rule: _Rule, reached: Level, present: Level, per_day: Decimal
) -> Finding:
    row = rule.row
    orders: list[JsonValue] = [
        {"entity": entity, "per_day": plain(share)} for entity, share in present.shares
    ]
    return Finding(
        check=BenefitUnknown.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        text=(
            f"{ingredient}: {shown(per_day, row.at_daily)} a day; {row.at_daily} or more since "
            f"{view.clock(reached.at)}; nothing is documented of its effect since then. {row.action}"
        ),
        implicated=present.entities,
        evidence={
            "reached_at": reached.at.isoformat(),
            "days_after": row.after.days,
            "reached": str(row.at_daily),
            "orders": orders,
            "unit": base_unit(rule.dimension),
            "total": plain(per_day),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
