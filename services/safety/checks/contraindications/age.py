"""Age: a drug is in use in somebody who is too young or too old for it.

One issue for each drug, by the worst row. A drug that is only ordered as needed and was never given counts
one severity lower; so does a drug that acts where it is applied. Where the birth date is not known, that is
said once, with every drug in use that has such a row.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    gravity,
    not_assessed,
    sooner,
)
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.checks.use.activity import Active
from services.safety.checks.use.drug_in_use import each_in_use, exempt_from, in_use, use_shown, weighed
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.age import AgeRule


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row about one drug, made ready."""

    ingredient: str
    row: AgeRule
    exempt: frozenset[Route]
    source: SourceRef
    high_alert: bool


@lru_cache(maxsize=8_192)
def _rules(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[_Rule, ...]:
    """The rows about age for some drugs, in name order."""
    found: list[_Rule] = []
    for name in sorted(ingredients):
        high_alert = knowledge.high_alert(name)
        for row in knowledge.rules_of(name, AgeRule):
            found.append(_Rule(name, row, exempt_from(row.routes), source_ref(row), high_alert))
    return tuple(found)


class DrugAtAge(AsksOnlyUse):
    """The patient's age against the rows of every drug in use."""

    id = "age"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders and the birth date."""
        return frozenset({"given", "orders", "person"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row about age."""
        return bool(knowledge.rules_of(ingredient, AgeRule))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each drug in use at the wrong age, or one for all while the age is not known."""
        rules = _rules(view.knowledge, present(view))
        if not rules:
            return SILENT
        person = view.ledger.person
        if person is None or person.born_at is None:
            return _unknown(view, rules)
        worst: dict[str, Finding] = {}
        review_at: datetime | None = None
        for rule in rules:
            at_age, changes = _of_age(view, rule.row, person.born_at)
            review_at = sooner(review_at, changes)
            if not at_age:
                continue
            active, changes = in_use(view, rule.ingredient, rule.row.exposure, rule.exempt)
            review_at = sooner(review_at, changes)
            if active is not None:
                found = _finding(rule, active, person.entity)
                known = worst.get(rule.ingredient)
                worst[rule.ingredient] = found if known is None else max(known, found, key=gravity)
        return Judgement(tuple(worst.values()), review_at)


def _of_age(view: View, row: AgeRule, born_at: datetime) -> tuple[bool, datetime | None]:
    begins = reaches_age(born_at, row.age_from) if row.age_from is not None else None
    ends = reaches_age(born_at, row.age_below) if row.age_below is not None else None
    holds = (begins is None or begins <= view.now) and (ends is None or view.now < ends)
    return holds, earliest(view.now, begins, ends)


def _unknown(view: View, rules: tuple[_Rule, ...]) -> Judgement:
    """That the age is not known, with the drugs for which it matters. A draft is left out in silence."""
    in_force = (rule for rule in rules if not rule.row.shadow)
    asked = ((rule.ingredient, rule.row.exposure, rule.exempt) for rule in in_force)
    drugs, review_at = each_in_use(view, asked)
    if not drugs:
        return Judgement((), review_at)
    names = tuple(drugs)
    entities = tuple(dict.fromkeys(entity for active in drugs.values() for entity in active.entities))
    text = f"The birth date is not known: whether the age forbids {', '.join(names)} is not judged."
    reason = NotAssessedReason.MISSING_AGE
    return Judgement((not_assessed(DrugAtAge.id, reason, "", text, entities, names),), review_at)


def _finding(rule: _Rule, active: Active, person: str) -> Finding:
    row = rule.row
    return Finding(
        check=DrugAtAge.id,
        subject=rule.ingredient,
        subjects=(rule.ingredient,),
        severity=weighed(row.severity, active),
        text=f"{rule.ingredient} at an age {row.ages}. {row.action}",
        implicated=(*active.entities, person),
        evidence={
            "drug": use_shown(active),
            "ages": row.ages,
            "age_from_years": f"{row.age_from}" if row.age_from is not None else None,
            "age_below_years": f"{row.age_below}" if row.age_below is not None else None,
            "person": person,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
