"""Condition: a drug is in use while the patient has, or had, a condition in which it does harm.

One issue for each drug and condition, by the worst row that speaks of it. A drug that is only ordered as
needed and was never given counts one severity lower; so does a drug that acts where it is applied.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pydantic import JsonValue

from schemas.clinical import Condition
from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, gravity, sooner
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.use.activity import Active
from services.safety.checks.use.drug_in_use import exempt_from, in_use, use_shown, weighed
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.models import EvidenceCode


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: ConditionRule
    exempt: frozenset[Route]
    source: SourceRef
    high_alert: bool


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    high_alert = knowledge.high_alert(ingredient)
    return tuple(
        _Rule(row, exempt_from(row.routes), source_ref(row), high_alert)
        for row in knowledge.rules_of(ingredient, ConditionRule)
    )


class DrugInCondition(AsksOnlyUse):
    """The conditions of a patient against the rows about one drug."""

    id = "condition"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders and conditions."""
        return frozenset({"given", "orders", "conditions"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row about a condition."""
        return bool(knowledge.rules_of(ingredient, ConditionRule))

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for each condition in which the drug does harm."""
        rules = _rules(view.knowledge, subject)
        if not rules or not view.ledger.conditions:
            return SILENT
        worst: dict[str, Finding] = {}
        review_at: datetime | None = None
        for rule in rules:
            held, changes = holding(view, rule.row.codes, history=rule.row.history_counts)
            review_at = sooner(review_at, changes)
            if not held:
                continue
            active, changes = in_use(view, subject, rule.row.exposure, rule.exempt)
            review_at = sooner(review_at, changes)
            if active is not None:
                found = _finding(rule, active, held)
                known = worst.get(found.subject)
                worst[found.subject] = found if known is None else max(known, found, key=gravity)
        return Judgement(tuple(worst.values()), review_at)


def _finding(rule: _Rule, active: Active, held: tuple[tuple[Condition, EvidenceCode], ...]) -> Finding:
    row = rule.row
    entities = tuple(fact.entity for fact, _ in held)
    stated: list[JsonValue] = [
        {
            "entity": fact.entity,
            "codes": [f"{coding.system}|{coding.code}" for coding in fact.codings],
            "matched": f"{code.system}|{code.code}{'*' if code.prefix else ''}",
        }
        for fact, code in held
    ]
    return Finding(
        check=DrugInCondition.id,
        subject=f"{active.ingredient}|{row.condition}",
        subjects=(active.ingredient,),
        severity=weighed(row.severity, active),
        text=f"{active.ingredient} in a patient with {row.condition}. {row.action}",
        implicated=tuple(dict.fromkeys((*active.entities, *entities))),
        evidence={
            "drug": use_shown(active),
            "condition": row.condition,
            "history_counts": row.history_counts,
            "conditions": stated,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
