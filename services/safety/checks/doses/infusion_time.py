"""Infusion time: a dose into a vein took, or is ordered to take, a shorter time than the drug must have.

House rules. Charted times are seldom exact: what is too short by them counts only where it is far too short,
one severity lower. Told for the policy's point-event time after the dose; of an order that states dose and
rate, for as long as it is active. Of a dose with neither rate nor end nobody can say how long it took:
that is said. A piece of a dose needs its share of the time: what counts is how long all of the dose takes at
the pace of the piece.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from schemas.quantities import base, plain
from services.safety.checks.amounts.daily_order import dose_changes
from services.safety.checks.amounts.dose_pieces import follows, wholes
from services.safety.checks.amounts.lengths import Lasting, of_dose, of_order
from services.safety.checks.amounts.limits import base_unit, covers
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
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.infusion_time import InfusionTime
from services.safety.ledger.amounts import Amount
from services.safety.ledger.body import body_inputs

CHECK = "infusion-time"
_A_MINUTE = Decimal(60)


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row made ready: `least` in seconds, below `far` a time is far too short."""

    row: InfusionTime
    least: Decimal
    far: Decimal
    above: tuple[Decimal, str] | None
    routes: frozenset[Route]
    source: SourceRef

    def speaks_of(self, each: Lasting) -> bool:
        """Whether the row is for that way of giving, and for so large a dose; of nothing none speaks."""
        if each.amount is not None and not each.amount.value:
            return False
        if not covers(self.routes, each.route, each.amount is not None and each.amount.micro):
            return False
        if self.above is None:
            return True
        value, dimension = self.above
        return each.amount is not None and each.amount.dimension == dimension and each.amount.value > value

    def severity(self, each: Lasting) -> Severity | None:
        """How bad it is, None where it took long enough."""
        if each.seconds is None or each.seconds >= (self.far if each.charted else self.least):
            return None
        lower = each.charted or each.seconds >= self.far
        return self.row.severity.stepped(-1) if lower else self.row.severity


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, InfusionTime):
        least = Decimal(int(row.at_least.total_seconds()))
        above = None if row.doses_above is None else base(row.doses_above.value, row.doses_above.unit)
        far = least / knowledge.policy.dose.moderate_up_to
        found.append(_Rule(row, least, far, above, frozenset(row.routes), source_ref(row)))
    return tuple(found)


class DoseTooShort:
    """Doses and orders of one ingredient against how long a dose must take."""

    id = CHECK
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, and the body by which they may be stated."""
        return frozenset({"given", "orders"}) | body_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of which a dose must take its time."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst breach of a row, and doses of which nobody can say how long they took."""
        rules = _rules(view.knowledge, subject)
        reviews: list[datetime | None] = []
        lasting = [*_given(view, subject, reviews), *_ordered(view, subject, reviews)]
        found = [
            _finding(view, subject, rule, each, severity, how)
            for rule in rules
            for each, how in lasting
            if rule.speaks_of(each) and (severity := rule.severity(each)) is not None
        ]
        asked = [rule for rule in rules if not rule.row.shadow]
        unknown = tuple(
            each.entity
            for each, _ in lasting
            if each.seconds is None and any(rule.speaks_of(each) for rule in asked)
        )
        findings = (*the_worst(found), *((_not_known(subject, unknown),) if unknown else ()))
        review_at = earliest(view.now, *reviews)
        return Judgement(findings, review_at) if findings or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Where the dose took long enough and is no piece of an earlier one: nothing is told of it."""
        dose, within = further.dose, view.knowledge.policy.dose.one_dose_within
        near = further.timeline.overlapping(dose.start - within, dose.start)
        if any(follows(other, dose, within) for other in near if other is not dose):
            return False
        each = of_dose(dose)
        mine = [rule for rule in _rules(view.knowledge, further.dose.ingredient) if rule.speaks_of(each)]
        return not mine or (each.seconds is not None and all(rule.severity(each) is None for rule in mine))


def _given(view: View, ingredient: str, reviews: list[datetime | None]) -> Iterator[tuple[Lasting, str]]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return
    told_for = view.knowledge.policy.dose.point_event
    reviews.append(timeline.next_after(view.now))
    doses = [
        dose
        for dose in timeline.overlapping(view.now - 2 * told_for, view.now)
        if dose.done and view.now < dose.end + 2 * told_for
    ]
    whole = wholes(view, ingredient, doses)
    for dose in doses:
        if view.now < dose.end + told_for:
            reviews.append(dose.end + told_for)
            yield _as_piece(of_dose(dose), whole.get(dose.entity)), "given"
        elif dose.lasts:  # until then it may be a piece of what is still told
            reviews.append(dose.end + 2 * told_for)


def _as_piece(each: Lasting, whole: Amount | None) -> Lasting:
    """How long all of the dose takes at the pace of its piece."""
    if whole is None or each.amount is None or each.seconds is None:
        return each
    seconds = round(each.seconds / each.amount.value * whole.value, 6)
    said = f"{plain(whole.value)} {base_unit(whole.dimension)}"
    stated = f"{each.stated}, a piece of {said} which at its pace is"
    return replace(each, amount=whole, seconds=seconds, stated=stated)


def _ordered(view: View, ingredient: str, reviews: list[datetime | None]) -> Iterator[tuple[Lasting, str]]:
    orders, changes = active_orders(view, ingredient)
    reviews.append(changes)
    for entry in orders:
        reviews += dose_changes(entry)
        for each in of_order(view, entry):
            yield each, "ordered"


def _not_known(ingredient: str, entities: tuple[str, ...]) -> Finding:
    text = f"{ingredient}: how long a dose took could not be assessed: neither a rate nor an end is stated."
    reason = NotAssessedReason.MISSING_DURATION
    return not_assessed(CHECK, reason, f"{ingredient}|time", text, entities, (ingredient,))


def _finding(
    view: View, ingredient: str, rule: _Rule, each: Lasting, severity: Severity, how: str
) -> Finding:
    row = rule.row
    assert each.seconds is not None  # noqa: S101 - a breach has a time
    minutes = plain(round(each.seconds / _A_MINUTE, 1).normalize() + 0)
    by = "by the charted times" if each.charted else "by the stated rate"
    listed: JsonValue = [
        {"entity": each.entity, "stated": each.stated, "seconds": plain(each.seconds), "by": by}
    ]
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=rule.least / max(each.seconds, Decimal(1)),
        text=(
            f"{ingredient}: {each.stated or 'a dose'} {how} over {minutes} min {by}; at least {row.minutes} "
            f"are needed. {row.action}"
        ),
        implicated=(each.entity,),
        evidence={
            "doses" if how == "given" else "orders": listed,
            "at_least_seconds": plain(rule.least),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
