"""What a drug in use calls for and is overdue, as far as the record shows it.

Judged in the house only: elsewhere, nobody promises that results arrive here.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.patient.last_result import LastResult, last_result
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.drug_in_use import exempt_from
from services.safety.checks.use.in_use_since import Use, by_doses, by_orders, last_given
from services.safety.checks.wards.stay import Stay, stay
from services.safety.checks.watching.due_results import due_at
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.monitoring import Monitoring
from services.safety.knowledge.measurements import Measurement


@dataclass(frozen=True, slots=True, eq=False)
class WantedResult:
    row: Monitoring
    exempt: frozenset[Route]
    measurements: tuple[Measurement, ...]
    source: SourceRef


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The rows about one drug, all codes that they ask for, and whether any speaks of a condition."""

    rules: tuple[WantedResult, ...]
    codes: tuple[str, ...]
    conditional: bool


@dataclass(frozen=True, slots=True)
class Overdue:
    """`condition` are the entities that state the condition in which the row wants the result."""

    rule: WantedResult
    use: Use
    last: LastResult
    due: datetime
    condition: tuple[str, ...]


_Answer = tuple[tuple[Overdue, ...], datetime | None]


@lru_cache(maxsize=4_096)
def wanted_of(knowledge: KnowledgeBase, ingredient: str) -> Wanted | None:
    rows = knowledge.rules_of(ingredient, Monitoring)
    if not rows:
        return None
    rules = tuple(
        WantedResult(row, exempt_from(row.routes), _measurements(knowledge, row), source_ref(row))
        for row in rows
    )
    codes = {code for rule in rules for measurement in rule.measurements for code in measurement.codes}
    return Wanted(rules, tuple(sorted(codes)), any(row.only_in is not None for row in rows))


def _measurements(knowledge: KnowledgeBase, row: Monitoring) -> tuple[Measurement, ...]:
    known = (knowledge.measurements.get(name) for name in row.any_of)
    return tuple(measurement for measurement in known if measurement is not None)


@lru_cache(maxsize=64)
def results_asked_for(knowledge: KnowledgeBase) -> frozenset[str]:
    """The codes of everything that any row asks for."""
    rows = knowledge.rules_of_kind(Monitoring)
    return frozenset(code for row in rows for each in _measurements(knowledge, row) for code in each.codes)


_remembered: Remembered[tuple[Overdue, ...] | None] = Remembered()
_remembered_by_doses: Remembered[tuple[Overdue, ...]] = Remembered()


def overdue_results(view: View, ingredient: str, rules: Wanted) -> _Answer:
    """What is overdue. Where scheduled orders tell it, no dose changes the answer."""
    ledger = view.ledger
    about = _about(view, ingredient, rules)
    key = tuple(map(id, about))
    known = _remembered.known(view.now, key)
    if known is None:
        known = _remembered.keep(view.now, key, about, *_by_orders(view, ingredient, rules))
    overdue, review_at = known
    if overdue is not None:
        return overdue, review_at
    given = ledger.given.get(ingredient)
    return _remembered_by_doses(
        view.now, (given, *about), (ingredient,), lambda: _by_doses(view, ingredient, rules)
    )


def told_by_orders(view: View, ingredient: str, rules: Wanted) -> bool:
    """Whether it is known that scheduled orders tell what is overdue."""
    known = _remembered.known(view.now, tuple(map(id, _about(view, ingredient, rules))))
    return known is not None and known[0] is not None


def _about(view: View, ingredient: str, rules: Wanted) -> tuple[object, ...]:
    """All that what orders tell rests on."""
    ledger = view.ledger
    timelines = map(ledger.observed.get, rules.codes)
    conditions = ledger.conditions if rules.conditional else None
    return (ledger.prescribed.get(ingredient), ledger.encounters, conditions, rules, *timelines)


def _by_orders(
    view: View, ingredient: str, rules: Wanted
) -> tuple[tuple[Overdue, ...] | None, datetime | None]:
    """What is overdue by scheduled orders during a known stay; None where doses must be looked at."""
    where, review_at = stay(view, None)
    found: list[Overdue] = []
    for rule in rules.rules:
        use, changes = by_orders(view, ingredient, rule.row.gap, rule.exempt)
        review_at = earliest(view.now, review_at, changes)
        if where is None or use is None:
            return None, review_at
        overdue, changes = _judged(view, rule, use, where)
        review_at = earliest(view.now, review_at, changes)
        found += overdue
    return tuple(found), review_at


def _by_doses(view: View, ingredient: str, rules: Wanted) -> _Answer:
    """What is overdue by scheduled orders or else by doses, during a known or presumed stay."""
    timeline = view.ledger.given.get(ingredient)
    begins = timeline.next_after(view.now) if timeline is not None else None
    where, changes = stay(view, last_given(view, ingredient))
    starts = (entry.start for entry in view.ledger.prescribed.get(ingredient, ()))
    review_at = earliest(view.now, begins, changes, *starts)
    if where is None:
        return (), review_at
    found: list[Overdue] = []
    for rule in rules.rules:
        use, changes = by_orders(view, ingredient, rule.row.gap, rule.exempt)
        review_at = earliest(view.now, review_at, changes)
        if use is None and rule.row.told_by_doses:
            use, changes = by_doses(view, ingredient, rule.row.gap, rule.exempt)
            review_at = earliest(view.now, review_at, changes)
        if use is not None:
            overdue, changes = _judged(view, rule, use, where)
            review_at = earliest(view.now, review_at, changes)
            found += overdue
    return tuple(found), review_at


def _judged(view: View, rule: WantedResult, use: Use, where: Stay) -> tuple[list[Overdue], datetime | None]:
    condition, begins_or_ends = stated(view, rule.row.only_in)
    if rule.row.only_in is not None and not condition:
        return [], begins_or_ends
    last, changes = last_result(view, rule.measurements)
    changes = sooner(changes, begins_or_ends)
    due = due_at(rule.row, use, where, last)
    if due is None or view.now < due:
        return [], sooner(changes, due)
    return [Overdue(rule, use, last, due, condition)], changes
