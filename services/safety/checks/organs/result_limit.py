"""Result limit: a drug was given, or an order for it stands, although a result says that it must not be.

A dose is held against the newest result of its instant, and is told for the policy's point-event time,
whatever comes after it. While it still runs, and an order while it stands, is held against the newest result
of now: the next one that is in order ends it. A newest result that cannot be used is said of both; that there
is no result at all is for the check of monitoring to say. What only flushes a line is no treatment, where a
row says how little that is.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
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
from services.safety.checks.organs.forbidding_results import ResultRule, result_rules
from services.safety.checks.patient.measured import Reading, Unusable, codes_of
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.ledger.entries import Given

CHECK = "result-limit"


class _Unread(NamedTuple):
    """What was given or ordered, and the newest result for it, which cannot be used."""

    entities: tuple[str, ...]
    result: Unusable


class ResultForbids:
    """Doses and orders of one ingredient against what was measured of the patient."""

    id = CHECK
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a rule on a result."""
        return bool(result_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, the results, what says how old these may be, and the age where a row asks for it."""
        return _reads(knowledge)

    def reads_for(self, knowledge: KnowledgeBase, ingredient: str) -> frozenset[str]:
        """Of the results those that its own rows speak of."""
        mine = _codes(knowledge, (rule.row.measure for rule in result_rules(knowledge, ingredient)))
        every = _codes(knowledge, (row.measure for row in knowledge.rules_of_kind(ResultLimit)))
        return self.reads(knowledge) - (every - mine)

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what the rules find, or that a result cannot be used."""
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for rule in result_rules(view.knowledge, subject):
            unread: list[_Unread] = []
            found += _given(view, subject, rule, reviews, unread)
            found += _ordered(view, subject, rule, reviews, unread)
            if unread and not rule.row.shadow:
                found.append(_unusable(view, subject, rule, unread))
        review_at = earliest(view.now, *reviews)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Where a result that can be used, or none, allows the dose, and it does not go on running."""
        dose = further.dose
        return not dose.lasts and not any(
            rule.speaks_of(dose.route) and not rule.silent(rule.at(view, dose.start)[0])
            for rule in result_rules(view.knowledge, dose.ingredient)
        )


def _codes(knowledge: KnowledgeBase, measures: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(codes_of(knowledge, measure) for measure in set(measures)))


@lru_cache(maxsize=8)
def _reads(knowledge: KnowledgeBase) -> frozenset[str]:
    rows = knowledge.rules_of_kind(ResultLimit)
    codes = _codes(knowledge, (row.measure for row in rows))
    flushes = any(row.flush is not None for row in rows)
    about = {"given", "orders", "encounters", *({"person"} if flushes else ())}
    return frozenset(about) | codes if rows else frozenset()


def _given(
    view: View, ingredient: str, rule: ResultRule, reviews: list[datetime | None], unread: list[_Unread]
) -> Iterator[Finding]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return
    told_for = view.knowledge.policy.dose.point_event
    reviews.append(timeline.next_after(view.now))
    for dose in timeline.overlapping(view.now - told_for, view.now):
        if not dose.done or dose.end + told_for <= view.now:
            continue
        if not rule.treats_by_dose(view, dose, reviews):
            continue
        reviews += (dose.end, dose.end + told_for)
        running = dose.start < view.now < dose.end
        known = rule.at(view, dose.start)[0]
        if rule.forbidding(known) is None and running:
            known, changes = rule.at(view, view.now)
            reviews.append(changes)
        elif rule.forbidding(known) is None and dose.lasts:
            known = rule.at(view, dose.end)[0]
        reading = rule.forbidding(known)
        if reading is not None:
            yield _of_dose(view, ingredient, rule, dose, reading)
        elif not rule.silent(known):
            unread.append(_Unread((dose.entity,), known.unusable[0]))


def _of_dose(view: View, ingredient: str, rule: ResultRule, dose: Given, reading: Reading) -> Finding:
    later = view.ledger.facts[reading.entity].received_at > max(dose.received_at, dose.end)
    severity = rule.row.given.stepped(-1) if later else rule.row.given
    note = ", which became known later" if later else ""
    rows: JsonValue = [{"entity": dose.entity, "start": dose.start.isoformat(), "stated": dose.stated}]
    what = f"{dose.stated or 'a dose'} given while"
    return _finding(view, ingredient, rule, reading, what, note, severity, (dose.entity,), {"doses": rows})


def _ordered(
    view: View, ingredient: str, rule: ResultRule, reviews: list[datetime | None], unread: list[_Unread]
) -> Iterator[Finding]:
    orders, changes = active_orders(view, ingredient)
    reviews.append(changes)
    mine = [each for each in orders if rule.treats_by_order(view, each, reviews)]
    if not mine:
        return
    known, more = rule.at(view, view.now)
    reviews.append(more)
    reading = rule.forbidding(known)
    entities = tuple(entry.entity for entry in mine)
    if reading is None and not rule.silent(known):
        unread.insert(0, _Unread(entities, known.unusable[0]))
    if reading is None or rule.row.ordered is None:
        return
    waits = all(entry.as_needed for entry in mine)
    severity = rule.row.ordered.stepped(-1) if waits else rule.row.ordered
    rows: JsonValue = [{"entity": entity} for entity in entities]
    yield _finding(view, ingredient, rule, reading, "ordered, and", "", severity, entities, {"orders": rows})


def _unusable(view: View, ingredient: str, rule: ResultRule, unread: Sequence[_Unread]) -> Finding:
    newest = max((each.result for each in unread), key=lambda result: (result.at, result.entity))
    label = rule.measurement.label
    text = (
        f"{ingredient}: whether it may be given depends on {label}, and the newest result, of "
        f"{view.clock(newest.at)}, cannot be used. Look at it, and measure again."
    )
    concerned = (entity for each in unread for entity in each.entities)
    entities = tuple(dict.fromkeys((*concerned, *(each.result.entity for each in unread))))
    reason = newest.reason
    if reason is NotAssessedReason.BEFORE_BIRTH:
        reason = NotAssessedReason.IMPLAUSIBLE_VALUE
    return not_assessed(CHECK, reason, f"{ingredient}|{rule.row.measure}", text, entities, (ingredient,))


def _finding(
    view: View,
    ingredient: str,
    rule: ResultRule,
    reading: Reading,
    what: str,
    note: str,
    severity: Severity,
    entities: tuple[str, ...],
    evidence: dict[str, JsonValue],
) -> Finding:
    row, measurement = rule.row, rule.measurement
    result = plain(reading.value) if reading.beyond is None else str(reading.beyond)
    value = f"{result} {measurement.unit.strip('{}')}"
    high, low = (reading.value, row.bound) if row.at_least is not None else (row.bound, reading.value)
    return Finding(
        check=CHECK,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=high / max(low, high / 100),
        text=(
            f"{ingredient}: {what} {measurement.label} was {value} ({view.clock(reading.at)}){note}; "
            f"{row.spoken}. {row.action}"
        ),
        implicated=(*entities, reading.entity),
        evidence=evidence
        | {
            "measure": row.measure,
            "result": result,
            "result_unit": measurement.unit,
            "at": reading.at.isoformat(),
            "bound": plain(row.bound),
            "known_later": bool(note),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
