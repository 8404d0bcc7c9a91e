"""Screening dose: a trial dose before a pump is larger than the one whose turn it is.

Which one it is goes by how many are on record; a trial that began elsewhere looks as if it began here, and
the text says what it rests on. What is larger than the last of them is the story of the single dose. Told for
the policy's point-event time after the dose; of one that is ordered, until it is given or its day is over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import base, plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.amounts.range_words import of_doses
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.span_words import in_words
from services.safety.checks.starting.pumps import at_once, is_by, pumped
from services.safety.checks.starting.screening_orders import to_give
from services.safety.checks.use.course import Span
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.screening_dose import ScreeningDose
from services.safety.ledger.amounts import Amount
from services.safety.ledger.body import body_inputs
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row made ready for arithmetic: `most` in the base unit of `dimension`, one for each dose."""

    row: ScreeningDose
    routes: frozenset[Route]
    most: tuple[Decimal, ...]
    dimension: str
    source: SourceRef

    def turn(self, before: int) -> int:
        """The place in `most` of the dose that has so many before it."""
        return min(before, len(self.most) - 1)

    def too_large(self, amount: Amount, before: int) -> bool:
        """Whether a dose with so many before it is larger than its turn, and not than the last of them."""
        return (
            amount.dimension == self.dimension
            and self.most[self.turn(before)] < amount.value <= self.most[-1]
        )


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, ScreeningDose):
        stated = [base(dose.value, dose.unit) for dose in row.doses]
        most = tuple(value for value, _ in stated)
        found.append(_Rule(row, frozenset(row.routes), most, stated[0][1], source_ref(row)))
    return tuple(found)


class ScreeningDoseTooHigh:
    """The trial doses of one ingredient, each by its turn."""

    id = "screening-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of which a pump follows a trial."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders and the body by which they may be stated; nothing without a row."""
        if not knowledge.rules_of_kind(ScreeningDose):
            return frozenset()
        return frozenset({"given", "orders"}) | body_inputs(knowledge)

    def judge(self, view: View, subject: str) -> Judgement:
        """The trial dose, given in the last day or ordered, that is too large for its turn."""
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for rule in _rules(view.knowledge, subject):
            pump = tuple(pumped(view, subject, rule.routes))
            trial = [
                dose for dose in at_once(view, subject, rule.routes) if not _during(rule, pump, dose.start)
            ]
            found += _given(view, subject, rule, trial, reviews)
            found += _ordered(view, subject, rule, trial, pump, reviews)
        review_at = earliest(view.now, *reviews)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """After a dose that is not given where a trial is: no other is looked at."""
        rules = _rules(view.knowledge, further.dose.ingredient)
        return not any(is_by(further.dose, rule.routes) for rule in rules) and Spaced()


def _during(rule: _Rule, pump: Sequence[Span], instant: datetime) -> bool:
    """Whether a pump gave at an instant, or shortly before."""
    return any(
        start <= instant and (until is None or instant < until + rule.row.gap) for start, until, _ in pump
    )


def _given(
    view: View, ingredient: str, rule: _Rule, trial: Sequence[Given], reviews: list[datetime | None]
) -> Iterator[Finding]:
    for dose in trial:
        ends = dose.start + view.knowledge.policy.dose.point_event
        if view.now < dose.start:
            reviews.append(dose.start)
        elif view.now < ends:
            reviews.append(ends)
            since = dose.start - rule.row.within
            before = tuple(each.entity for each in trial if since < each.start < dose.start)
            if dose.amount is None or not rule.too_large(dose.amount, len(before)):
                continue
            value, at = dose.amount.value, dose.start.isoformat()
            how = f"given as screening dose {len(before) + 1} on record in {in_words(rule.row.within)}"
            listed: JsonValue = [
                {"entity": dose.entity, "start": at, "stated": dose.stated, "counted": plain(value)}
            ]
            yield _finding(view, ingredient, rule, value, how, dose.entity, before, {"doses": listed})


def _ordered(
    view: View,
    ingredient: str,
    rule: _Rule,
    trial: Sequence[Given],
    pump: Sequence[Span],
    reviews: list[datetime | None],
) -> Iterator[Finding]:
    """As if those that are still to be given were given now, one after the other."""
    orders, changes = to_give(view, ingredient, rule.routes)
    reviews.append(changes)
    if not orders:
        return
    for start, until, _ in pump:
        reviews += (start, None if until is None else until + rule.row.gap)
    if _during(rule, pump, view.now):
        return
    within = rule.row.within
    given = [dose for dose in trial if dose.start <= view.now < dose.start + within]
    reviews += [dose.start + within for dose in given]
    before = tuple(dose.entity for dose in given)
    for one in orders:
        if rule.too_large(one.amount, len(before)):
            value = one.amount.value
            how = (
                f"ordered{of_doses([one.dosage])} as screening dose {len(before) + 1} on record in "
                f"{in_words(within)}"
            )
            listed: JsonValue = [{"entity": one.entity, "at": one.at.isoformat(), "single": plain(value)}]
            yield _finding(view, ingredient, rule, value, how, one.entity, before, {"orders": listed})
        before = (*before, one.entity)


def _finding(
    view: View,
    ingredient: str,
    rule: _Rule,
    value: Decimal,
    how: str,
    entity: str,
    before: tuple[str, ...],
    listed: dict[str, JsonValue],
) -> Finding:
    row, turn = rule.row, rule.turn(len(before))
    limit, most = row.doses[turn], rule.most[turn]
    return Finding(
        check=ScreeningDoseTooHigh.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=value / most,
        text=(
            f"{ingredient}: {shown(value, limit)} {how}; at most {limit} as number {len(before) + 1}. "
            f"{row.action}"
        ),
        implicated=tuple(dict.fromkeys((entity, *before))),
        evidence={
            **listed,
            "before": [*before],
            "unit": base_unit(rule.dimension),
            "total": plain(value),
            "limit": plain(most),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
