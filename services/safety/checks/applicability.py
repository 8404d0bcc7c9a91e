"""Which limit rows apply to a patient, whose age, body and conditions may be known or not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.issues import NotAssessedReason
from services.safety.checks.body_surface import body_surface, surface_inputs, surface_readings
from services.safety.checks.coded_conditions import stated
from services.safety.checks.judgement import View, earliest
from services.safety.checks.limits import Rule, rules
from services.safety.checks.measured import measured, readings_of
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.body import BODY_WEIGHT

_YEAR_SECONDS = Decimal("31557600")


@dataclass(frozen=True, slots=True)
class Applicable:
    """The rules that apply now, those left out and why, and when time alone may change either."""

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


_remembered: Remembered[Applicable] = Remembered()


def applicable(view: View, ingredient: str, kind: LimitKind) -> Applicable:
    """The rows of one kind that hold for the patient. A draft is left out in silence."""
    rows = _rows(view.knowledge, ingredient, kind)
    if rows.for_anybody is not None:
        return rows.for_anybody
    ledger = view.ledger
    body: tuple[object, ...] = ()
    if rows.surfaced:
        body = (*surface_readings(view), ledger.encounters)
    elif rows.weighed:
        body = (*readings_of(view, BODY_WEIGHT), ledger.encounters)
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


def age_of(view: View) -> tuple[Decimal | None, datetime | None]:
    """The age in years of 365.25 days, None where it is not known, and the next birthday by that count."""
    person = view.ledger.person
    if person is None or person.born_at is None:
        return None, None
    age = Decimal(int((view.now - person.born_at).total_seconds())) / _YEAR_SECONDS
    return age, earliest(view.now, reaches_age(person.born_at, Decimal(int(age) + 1)))


def reaches_age(born_at: datetime, age: Decimal) -> datetime:
    """The instant at which somebody is `age` years of 365.25 days old."""
    return born_at + timedelta(seconds=int(age * _YEAR_SECONDS))


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
    age = Decimal(int((view.now - person.born_at).total_seconds())) / _YEAR_SECONDS
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
    kept = (rule.at_weight(weight) if rule.weighed else rule for rule in found)
    return tuple(rule for rule in kept if rule is not None), (), changes


def _of_surface(view: View, found: tuple[Rule, ...]) -> _Kept:
    if not any(rule.surfaced for rule in found):
        return found, (), None
    surface, changes = body_surface(view)
    if isinstance(surface, NotAssessedReason):
        unknown = _left_out(surface, (rule for rule in found if rule.surfaced))
        return tuple(rule for rule in found if not rule.surfaced), unknown, changes
    return tuple(rule.at_surface(surface) if rule.surfaced else rule for rule in found), (), changes
