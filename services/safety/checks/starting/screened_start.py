"""Screened start: a pump begins with more in a day than its rule allows after the screening dose.

The last dose given at once before the pump is the screening dose that worked: a trial ends with the first one
that does. Where none is on record, or how much it was cannot be told, that is said, and no earlier one stands
in for it. How long its effect lasted stands in no record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from schemas.quantities import Quantity, plain
from services.safety.checks.amounts.daily_excess import DailyExcess, DailyMost, daily_excess
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    not_assessed,
    the_worst,
)
from services.safety.checks.spaced import Spaced
from services.safety.checks.span_words import in_words
from services.safety.checks.starting.pumps import at_once, is_by, pumped
from services.safety.checks.use.course import Course, run
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.screened_start import ScreenedStart
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: ScreenedStart
    routes: frozenset[Route]
    source: SourceRef


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, frozenset(row.routes), source_ref(row))
        for row in knowledge.rules_of(ingredient, ScreenedStart)
    )


class ScreenedStartTooHigh:
    """The first day of one ingredient's pump against the screening dose."""

    id = "screened-start"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs whose pump follows a screening."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, and stays, which end infusions; nothing without a row."""
        return frozenset({"given", "orders", "encounters"} if knowledge.rules_of_kind(ScreenedStart) else ())

    def judge(self, view: View, subject: str) -> Judgement:
        """The begin that is too high, or that no screening dose is known."""
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for rule in _rules(view.knowledge, subject):
            found += _judged(view, subject, rule, reviews)
        review_at = earliest(view.now, *reviews)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """After a dose that is not given into where the pump does: no other is looked at."""
        rules = _rules(view.knowledge, further.dose.ingredient)
        return not any(is_by(further.dose, rule.routes) for rule in rules) and Spaced()


def _judged(view: View, ingredient: str, rule: _Rule, reviews: list[datetime | None]) -> Iterator[Finding]:
    row = rule.row
    pump, changes = run(view.now, pumped(view, ingredient, rule.routes), row.gap)
    reviews.append(changes)
    if pump is None:
        return
    ends = pump.start + row.watched_for
    reviews.append(ends)
    if ends <= view.now:
        return
    screening = _screening(view, ingredient, rule, pump.start)
    if screening is None or screening.amount is None:
        if not row.shadow:
            yield _unknown(view, ingredient, row, pump, screening)
        return
    amount = _amount(screening)
    most = DailyMost(row.times * amount.value, amount.dimension, rule.routes)
    excess, changes = daily_excess(view, ingredient, most, since=pump.start)
    reviews.append(changes)
    if excess is not None:
        yield _finding(view, ingredient, rule, pump, screening, most, excess)


def _screening(view: View, ingredient: str, rule: _Rule, before: datetime) -> Given | None:
    last: Given | None = None
    for dose in at_once(view, ingredient, rule.routes):
        if before - rule.row.screened_within < dose.start < before:
            last = dose
    return last


def _amount(dose: Given) -> Amount:
    if dose.amount is None:
        raise ValueError("a screening dose has an amount")
    return dose.amount


def _unknown(
    view: View, ingredient: str, row: ScreenedStart, pump: Course, unreadable: Given | None
) -> Finding:
    why = (
        f"no screening dose of the {in_words(row.screened_within)} before it is on record"
        if unreadable is None
        else f"how much the screening dose of {view.clock(unreadable.start)} was cannot be told"
    )
    text = f"{ingredient}: whether the pump begins with too much is not judged, because {why}."
    entities = pump.entities if unreadable is None else (*pump.entities, unreadable.entity)
    reason = NotAssessedReason.INSUFFICIENT_HISTORY
    subject = f"{ingredient}|screening"  # titration may say of the same drug that its steps are not judged
    return not_assessed(ScreenedStartTooHigh.id, reason, subject, text, entities, (ingredient,))


def _finding(
    view: View,
    ingredient: str,
    rule: _Rule,
    pump: Course,
    screening: Given,
    most: DailyMost,
    excess: DailyExcess,
) -> Finding:
    row = rule.row
    amount, limit = (_shown(value, screening) for value in (excess.amount, most.value))
    return Finding(
        check=ScreenedStartTooHigh.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=excess.amount / most.value,
        text=(
            f"{ingredient}: the pump begins with {amount} {excess.how} per day{excess.ranged}; at most "
            f"{limit} after a screening dose of {screening.stated}. {row.action}"
        ),
        implicated=(*excess.entities, screening.entity),
        evidence={
            **excess.evidence,
            "started_at": pump.start.isoformat(),
            "screening": {"entity": screening.entity, "start": screening.start.isoformat()},
            "unit": base_unit(most.dimension),
            "total": plain(excess.amount),
            "limit": plain(most.value),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )


def _shown(value: Decimal, screening: Given) -> str:
    """An amount in the unit in which small doses are read."""
    dimension = _amount(screening).dimension
    small = dimension == "mass" and value < 1
    return shown(value, Quantity(value=Decimal(1), unit="ug" if small else base_unit(dimension)))
