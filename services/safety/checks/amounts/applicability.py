"""Which limit rows apply to a patient, whose age, body and conditions may be known or not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.limits import Rule, rules
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.body_surface import body_surface, surface_inputs, surface_readings
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.patient.dosing_weight import DosingWeight, dosing_weight, weighed_by
from services.safety.checks.patient.measured import Reading, measured
from services.safety.checks.patient.years_of_age import reaches_age, years_old
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.body import BODY_WEIGHT


@dataclass(frozen=True, slots=True)
class Applicable:
    """The rules that apply now, those left out and why, and when time alone may change either.

    A rule that had to be applied in a weaker form is in both.
    """

    rules: tuple[Rule, ...]
    left_out: tuple[tuple[NotAssessedReason, Rule], ...] = ()
    review_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows of one kind; `for_anybody` where none depends on the patient; else on what some depend."""

    every: tuple[Rule, ...]
    for_anybody: Applicable | None
    weighed: bool
    surfaced: bool
    conditional: bool


@lru_cache(maxsize=16_384)
def _rows(knowledge: KnowledgeBase, ingredient: str, kind: LimitKind) -> _Rows:
    found = rules(knowledge, ingredient, kind)
    weighed = any(rule.weighed for rule in found)
    surfaced = any(rule.surfaced for rule in found)
    conditional = any(rule.conditional for rule in found)
    depends = weighed or surfaced or conditional or any(rule.aged for rule in found)
    return _Rows(found, None if depends else Applicable(found), weighed, surfaced, conditional)


def depends(knowledge: KnowledgeBase, ingredient: str, kind: LimitKind) -> bool:
    """Whether a row of one kind holds for some patients only, so that it may be left out."""
    return _rows(knowledge, ingredient, kind).for_anybody is None


_at_hand: Remembered[Applicable] = Remembered()
_remembered: Remembered[Applicable] = Remembered()


def applicable(view: View, ingredient: str, kind: LimitKind) -> Applicable:
    """The rows of one kind that hold for the patient. A draft is left out in silence.

    Several checks ask the same of each dose, and from one dose to the next as a rule nothing else was stated.
    """
    rows = _rows(view.knowledge, ingredient, kind)
    if rows.for_anybody is not None:
        return rows.for_anybody
    ledger = view.ledger
    observed, person, conditions = ledger.observed, ledger.person, ledger.conditions
    key = (id(rows), id(observed), id(person), id(conditions), id(ledger.encounters))
    known = _at_hand.known(view.now, key)
    if known is None:
        held = _kept(view, rows)
        about = (rows, observed, person, conditions, ledger.encounters)
        known = _at_hand.keep(view.now, key, about, held, held.review_at)
    return known[0]


def _kept(view: View, rows: _Rows) -> Applicable:
    """The same, known again by what the rows depend on."""
    ledger = view.ledger
    body: tuple[object, ...] = ()
    if rows.surfaced:
        body = (*surface_readings(view), ledger.encounters)
    elif rows.weighed:
        body = (*weighed_by(view), ledger.encounters)
    conditions = ledger.conditions if rows.conditional else None
    about = (rows, ledger.person, view.knowledge, conditions, *body)
    key = tuple(map(id, about))
    known = _remembered.known(view.now, key)
    if known is None:
        held = _applicable(view, rows.every)
        known = _remembered.keep(view.now, key, about, held, held.review_at)
    return known[0]


def _applicable(view: View, found: tuple[Rule, ...]) -> Applicable:
    found, begins_or_ends = _of_condition(view, found)
    found, young, turns = _of_age(view, found)
    found, light, changes = _of_weight(view, found)
    found, small, more = _of_surface(view, found)
    review_at = earliest(view.now, begins_or_ends, turns, changes, more)
    return Applicable(found, young + light + small, review_at)


@lru_cache(maxsize=8)
def patient_inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """What a check reads because limits depend on age, body and conditions."""
    return frozenset({"person", "encounters", "conditions"}) | surface_inputs(knowledge)


_Kept = tuple[tuple[Rule, ...], tuple[tuple[NotAssessedReason, Rule], ...], datetime | None]


def _left_out(reason: NotAssessedReason, rules: Iterable[Rule]) -> tuple[tuple[NotAssessedReason, Rule], ...]:
    return tuple((reason, rule) for rule in rules if not rule.row.shadow)


def _of_condition(view: View, found: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], datetime | None]:
    """A condition that nobody states is not there: no row waits for one."""
    if not any(rule.conditional for rule in found):
        return found, None
    kept: list[Rule] = []
    review_at: datetime | None = None
    for rule in found:
        condition, changes = stated(view, rule.row.only_in)
        barring, more = stated(view, rule.row.not_in)
        review_at = earliest(view.now, review_at, changes, more)
        if (rule.row.only_in is None or condition) and not barring:
            kept.append(replace(rule, condition=condition) if condition else rule)
    return tuple(kept), review_at


def _of_age(view: View, found: tuple[Rule, ...]) -> _Kept:
    if not any(rule.aged for rule in found):
        return found, (), None
    person = view.ledger.person
    if person is None or person.born_at is None:
        unknown = _left_out(NotAssessedReason.MISSING_AGE, (rule for rule in found if rule.aged))
        return tuple(rule for rule in found if not rule.aged), unknown, None
    age = years_old(person.born_at, view.now)
    turns = (
        reaches_age(person.born_at, years)
        for rule in found
        for years in (rule.row.age_from, rule.row.age_below)
        if years is not None
    )
    return tuple(rule for rule in found if rule.fits(age)), (), earliest(view.now, *turns)


def _of_weight(view: View, found: tuple[Rule, ...]) -> _Kept:
    if not any(rule.weighed for rule in found):
        return found, (), None
    known, changes = measured(view, BODY_WEIGHT)
    if known.reading is None:
        unknown = _left_out(NotAssessedReason.MISSING_WEIGHT, (rule for rule in found if rule.weighed))
        return tuple(rule for rule in found if not rule.weighed), unknown, changes
    weight = known.reading
    dosed_by: DosingWeight | None = None
    if any(rule.adjusted for rule in found):
        dosed_by, more = dosing_weight(view, weight)
        changes = earliest(view.now, changes, more)
    kept = [
        held
        for rule in found
        if (held := _weighed(rule, weight, dosed_by) if rule.weighed else rule) is not None
    ]
    doubtful = (rule for rule in kept if rule.dosed_by is not None and rule.dosed_by.doubtful)
    return tuple(kept), _left_out(NotAssessedReason.MISSING_HEIGHT, doubtful), changes


def _weighed(rule: Rule, weight: Reading, dosed_by: DosingWeight | None) -> Rule | None:
    return rule.at_weight(weight, dosed_by if rule.adjusted else None)


def _of_surface(view: View, found: tuple[Rule, ...]) -> _Kept:
    if not any(rule.surfaced for rule in found):
        return found, (), None
    surface, changes = body_surface(view)
    if isinstance(surface, NotAssessedReason):
        unknown = _left_out(surface, (rule for rule in found if rule.surfaced))
        return tuple(rule for rule in found if not rule.surfaced), unknown, changes
    return tuple(rule.at_surface(surface) if rule.surfaced else rule for rule in found), (), changes
