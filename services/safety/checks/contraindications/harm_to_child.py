"""What the checks about pregnancy and breastfeeding share: whose state it is, how a drug in it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import JsonValue

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from services.safety.checks.judgement import Finding, Judgement, View, earliest, gravity, not_assessed, sooner
from services.safety.checks.patient.childbearing import Sign, State
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.checks.use.activity import Active
from services.safety.checks.use.drug_in_use import each_in_use, exempt_from, in_use, use_shown, weighed
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.childbearing import StateEvidence
from services.safety.knowledge.kinds.lactation import LactationRule
from services.safety.knowledge.kinds.pregnancy import PregnancyRule

AnyRow = TypeVar("AnyRow", PregnancyRule, LactationRule)


@dataclass(frozen=True, slots=True, eq=False)
class Ruled(Generic[AnyRow]):
    """A row about one drug, made ready."""

    ingredient: str
    row: AnyRow
    exempt: frozenset[Route]
    source: SourceRef
    high_alert: bool


def made_ready(
    knowledge: KnowledgeBase, ingredients: frozenset[str], kind: type[AnyRow]
) -> tuple[Ruled[AnyRow], ...]:
    """The rows of a kind about some drugs, in name order."""
    found: list[Ruled[AnyRow]] = []
    for name in sorted(ingredients):
        high_alert = knowledge.high_alert(name)
        for row in knowledge.rules_of(name, kind):
            found.append(Ruled(name, row, exempt_from(row.routes), source_ref(row), high_alert))
    return tuple(found)


class Whose(StrEnum):
    """Of whom a statement about childbearing can be true."""

    HERS = "hers"
    A_MANS = "a man's"
    A_CHILDS = "a child's"


def whose(view: View, row: StateEvidence) -> tuple[Whose, datetime | None]:
    """Who the patient is in this regard, and when age next changes it. Not known to be a man: a woman."""
    person = view.ledger.person
    if person is None:
        return Whose.HERS, None
    if row.age_from is not None and person.born_at is not None:
        grown = reaches_age(person.born_at, row.age_from)
        if view.now < grown:
            return Whose.A_CHILDS, grown
    return (Whose.A_MANS if person.sex == "male" else Whose.HERS), None


def told_of(
    view: View, check: str, held: Iterable[tuple[Ruled[AnyRow], str, dict[str, JsonValue]]], state: State
) -> Judgement:
    """One finding for each drug in use, by its worst row. Beside each row stand its words and evidence."""
    worst: dict[str, Finding] = {}
    review_at: datetime | None = None
    for rule, words, more in held:
        active, changes = in_use(view, rule.ingredient, rule.row.exposure, rule.exempt)
        review_at = sooner(review_at, changes)
        if active is not None:
            found = _finding(check, rule, active, state.signs, words, more)
            known = worst.get(rule.ingredient)
            worst[rule.ingredient] = found if known is None else max(known, found, key=gravity)
    return Judgement(tuple(worst.values()), review_at)


def unjudged(
    view: View, check: str, rules: Iterable[Ruled[AnyRow]], signs: tuple[Sign, ...], why: str
) -> Judgement:
    """That it is not known whether the drugs in use do harm. A draft is left out in silence."""
    in_force = (rule for rule in rules if not rule.row.shadow)
    asked = ((rule.ingredient, rule.row.exposure, rule.exempt) for rule in in_force)
    drugs, review_at = each_in_use(view, asked)
    if not drugs:
        return Judgement((), review_at)
    names = tuple(drugs)
    entities = [entity for active in drugs.values() for entity in active.entities]
    entities += [sign.entity for sign in signs]
    text = f"{why}: whether {', '.join(names)} may be given is not judged."
    reason = NotAssessedReason.MISSING_PREGNANCY_STATUS
    told = not_assessed(check, reason, check, text, tuple(dict.fromkeys(entities)), names)
    return Judgement((told,), review_at)


def later(judgement: Judgement, now: datetime, *instants: datetime | None) -> Judgement:
    """The judgement, to be asked again at one of some further instants as well."""
    return Judgement(judgement.findings, earliest(now, judgement.review_at, *instants))


def _finding(
    check: str,
    rule: Ruled[AnyRow],
    active: Active,
    signs: tuple[Sign, ...],
    words: str,
    more: dict[str, JsonValue],
) -> Finding:
    listed: list[JsonValue] = [
        {"entity": sign.entity, "says": sign.said, "at": sign.at.isoformat()} for sign in signs
    ]
    return Finding(
        check=check,
        subject=active.ingredient,
        subjects=(active.ingredient,),
        severity=weighed(rule.row.severity, active),
        text=f"{active.ingredient} {words} {rule.row.action}",
        implicated=tuple(dict.fromkeys((*active.entities, *(sign.entity for sign in signs)))),
        evidence={"drug": use_shown(active), check: listed, **more},
        sources=(rule.source,),
        shadow=rule.row.shadow,
        high_alert=rule.high_alert,
    )
