"""Naive dose: one dose, given or ordered, is more than somebody may have who is not used to such drugs.

Any drug of the class makes a patient used to it, by whatever route. Where the record does not go back far
enough to know, that is said, and nothing is assumed. A dose stays an issue for the policy's point-event time;
an order until it ends, or until the patient has become used to the class.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.clinical import Route
from schemas.issues import NotAssessedReason, SourceRef
from schemas.quantities import base, plain
from services.safety.checks.activity import active_orders
from services.safety.checks.daily_order import dose_changes, in_force
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
from services.safety.checks.limits import base_unit, covers, shown
from services.safety.checks.ordered_single import ordered_single
from services.safety.checks.roster import present
from services.safety.checks.span_words import in_words
from services.safety.checks.used_to import Use, use_at
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.naive import NaiveDose as Row
from services.safety.ledger.amounts import Amount

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row; `most` in base units with its dimension, None where the drug is not for such patients at all."""

    row: Row
    most: tuple[Decimal, str] | None
    routes: frozenset[Route]
    used_to: tuple[str, ...]
    source: SourceRef

    def broken(self, amount: Amount | None, route: Route) -> bool:
        """Whether a dose is more than a patient may have who is not used to it."""
        if not covers(self.routes, route, amount is not None and amount.micro):
            return False
        if self.most is None:
            return True
        value, dimension = self.most
        return amount is not None and amount.dimension == dimension and amount.value > value


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row,
            None if row.single_max is None else base(row.single_max.value, row.single_max.unit),
            frozenset(row.routes),
            tuple(knowledge.members(row.used_to)),
            source_ref(row),
        )
        for row in knowledge.rules_of(ingredient, Row)
    )


@lru_cache(maxsize=8_192)
def _ruled(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(ingredients) if _rules(knowledge, name))


@lru_cache(maxsize=8)
def _shortest_gap(knowledge: KnowledgeBase) -> timedelta:
    """The shortest time without a drug after which any row takes a patient for not used to it."""
    return min((row.naive_for for row in knowledge.rules_of_kind(Row)), default=timedelta(0))


class NaiveDose:
    """Single doses of a patient against what is safe without being used to them."""

    id = "naive-dose"
    per_ingredient = False

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with such a rule, and those that make a patient used to them."""
        return any(
            knowledge.selected(selector, ingredient)
            for row in knowledge.rules_of_kind(Row)
            for selector in row.selectors
        )

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders and stays, which tell how far back the record goes; nothing without a row."""
        return frozenset({"given", "orders", "encounters"} if knowledge.rules_of_kind(Row) else ())

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """For each drug the worst dose or order, or that nobody can say whether they are used to it."""
        findings: list[Finding] = []
        reviews: list[datetime | None] = []
        for ingredient in _ruled(view.knowledge, present(view)):
            found: list[Finding] = []
            for rule in _rules(view.knowledge, ingredient):
                found += _given(view, ingredient, rule, reviews)
                found += _ordered(view, ingredient, rule, reviews)
            findings += the_worst(found)
        review_at = earliest(view.now, *reviews)
        return Judgement(tuple(findings), review_at) if findings or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Where the dose is not too much, and of a drug in use long since: the use goes on as it began."""
        dose, before = further.dose, further.before
        if any(rule.broken(dose.amount, dose.route) for rule in _rules(view.knowledge, dose.ingredient)):
            return False
        return not further.order.as_needed or view.now < before.end + _shortest_gap(view.knowledge)


def _given(view: View, ingredient: str, rule: _Rule, reviews: list[datetime | None]) -> Iterator[Finding]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return
    told_for = view.knowledge.policy.dose.point_event
    reviews.append(timeline.next_after(view.now))
    for dose in timeline.overlapping(view.now - told_for, view.now):
        ends = dose.start + told_for
        if not dose.done or ends <= view.now or not rule.broken(dose.amount, dose.route):
            continue
        reviews.append(ends)
        listed: dict[str, JsonValue] = {"entity": dose.entity, "start": dose.start.isoformat()}
        shown_dose = listed | {"stated": dose.stated}
        use = use_at(view, dose.start, rule.used_to, rule.row.naive_for)
        yield from _told(
            view, ingredient, rule, use, dose.start, "given", dose.entity, dose.amount, shown_dose
        )


def _ordered(view: View, ingredient: str, rule: _Rule, reviews: list[datetime | None]) -> Iterator[Finding]:
    orders, changes = active_orders(view, ingredient)
    reviews.append(changes)
    for entry in orders:
        reviews += dose_changes(entry)
        for dosage in entry.order.dosages:
            single = ordered_single(entry, dosage)
            amount = single if isinstance(single, Amount) else None
            if in_force(dosage, view.now) and rule.broken(amount, dosage.route):
                use = use_at(view, view.now, rule.used_to, rule.row.naive_for)
                reviews.append(use.since + rule.row.used_for)
                listed: dict[str, JsonValue] = {"entity": entry.entity}
                yield from _told(
                    view, ingredient, rule, use, view.now, "ordered", entry.entity, amount, listed
                )


def _told(
    view: View,
    ingredient: str,
    rule: _Rule,
    use: Use,
    at: datetime,
    how: str,
    entity: str,
    amount: Amount | None,
    listed: Mapping[str, JsonValue],
) -> Iterator[Finding]:
    row = rule.row
    if use.long_enough(at, row.used_for):
        return
    much = shown(amount.value, row.single_max) if amount is not None and row.single_max is not None else "it"
    if use.record_too_short(row.naive_for):
        if not row.shadow:
            text = (
                f"{ingredient}: {much} was {how}; whether the patient is used to such drugs is not known, "
                f"because the record begins on {use.known_from:%Y-%m-%d}."
            )
            reason = NotAssessedReason.INSUFFICIENT_HISTORY
            yield not_assessed(NaiveDose.id, reason, f"{ingredient}|naive", text, (entity,), (ingredient,))
        return
    most = "not at all" if row.single_max is None else f"at most {row.single_max} at once"
    rows: Sequence[JsonValue] = [dict(listed)]
    evidence: dict[str, JsonValue] = {"doses" if how == "given" else "orders": [*rows]}
    level = _ONE
    if amount is not None and rule.most is not None:
        value, dimension = rule.most
        level = amount.value / value
        field = "counted" if how == "given" else "single"
        evidence = {
            "doses" if how == "given" else "orders": [dict(listed) | {field: plain(amount.value)}],
            "unit": base_unit(dimension),
            "total": plain(amount.value),
            "limit": plain(value),
        }
    yield Finding(
        check=NaiveDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=level,
        text=(
            f"{ingredient}: {much} {how} to somebody who had no such drug for {in_words(row.used_for)}; "
            f"{most} then. {row.action}"
        ),
        implicated=(entity,),
        evidence=evidence | {"used_since": use.since.isoformat()},
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
