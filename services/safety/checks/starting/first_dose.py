"""First dose: somebody who is not used to a drug starts with more of it in a day than its rule allows.

Somebody is known to be naive when the record goes back far enough before the start and shows neither a dose
nor an order, or when an order says that the drug is new to them. Else, where it does not go back so far,
nothing is assumed: that is said as not assessed. The record begins with the first order or stay, or the first
dose of the drug itself; doses of other drugs are forgotten after a while and show nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import NotAssessedReason, SourceRef
from schemas.quantities import plain
from services.safety.checks.amounts.daily_excess import DailyExcess, DailyMost, daily_excess, daily_most
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.amounts.range_words import amid
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
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.starting.start_by_body import Start, about_patient, start_for, start_inputs
from services.safety.checks.use.course import Course, course
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.first_dose import FirstDose
from services.safety.ledger.record import known_since


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: FirstDose
    most: DailyMost
    source: SourceRef


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, FirstDose):
        found.append(_Rule(row, daily_most(row.daily_max, row.routes), source_ref(row)))
    return tuple(found)


@lru_cache(maxsize=8_192)
def _ruled(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(ingredients) if _rules(knowledge, name))


class FirstDoseTooHigh:
    """The first days of one ingredient against its starting dose."""

    id = "first-dose"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders and stays: how far back the record goes; age and weight where rows go by them."""
        return frozenset({"given", "orders", "encounters"}) | start_inputs(knowledge)

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """For each drug, the start that is too high, or that it cannot be told whether there is one."""
        ruled = _ruled(view.knowledge, present(view))
        if not ruled:
            return SILENT
        findings: list[Finding] = []
        instants: list[datetime | None] = []
        for ingredient in ruled:
            found: list[Finding] = []
            for rule in _rules(view.knowledge, ingredient):
                finding, review_at = _judged(view, ingredient, rule)
                instants.append(review_at)
                if finding is not None:
                    found.append(finding)
            findings += the_worst(found)
        return Judgement(tuple(findings), earliest(view.now, *instants))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where the drug is ordered without a break for longer than its start is watched: that only grows."""
        rules = _rules(view.knowledge, further.dose.ingredient)
        order = further.order
        watched = not rules or (
            not order.as_needed and all(order.start + rule.row.watched_for <= view.now for rule in rules)
        )
        return watched and Spaced()


_remembered: Remembered[Finding | None] = Remembered()


def _judged(view: View, ingredient: str, rule: _Rule) -> tuple[Finding | None, datetime | None]:
    """What was said stands until doses of the drug or any order change: most doses are of other drugs."""
    ledger, knowledge = view.ledger, view.knowledge
    mine = (ledger.given.get(ingredient), ledger.prescribed, ledger.encounters, rule, knowledge)
    about = (*mine, *about_patient(view, rule.row))
    key = (*map(id, about), ingredient)
    known = _remembered.known(view.now, key)
    if known is not None:
        return known
    return _remembered.keep(view.now, key, about, *_judge_rule(view, ingredient, rule))


def _judge_rule(view: View, ingredient: str, rule: _Rule) -> tuple[Finding | None, datetime | None]:
    row = rule.row
    use, changes = course(view, ingredient, rule.most.routes, row.naive_for)
    if use is None:
        return None, changes
    ends = use.start + row.watched_for
    review_at = earliest(view.now, changes, ends)
    if ends <= view.now:
        return None, review_at
    start, turns = start_for(view, row, rule.most)
    review_at = earliest(view.now, review_at, turns)
    if start is None:
        return None, review_at
    if not isinstance(start, Start):
        return _unknown(ingredient, rule, start, use), review_at
    excess, more = daily_excess(view, ingredient, start.most, since=use.start)
    review_at = earliest(view.now, review_at, more)
    if excess is None:
        return None, review_at
    known_from = known_since(view.ledger, use.start)
    new_by = _stated_as_new(view, ingredient)
    if new_by is None and use.start - known_from < row.naive_for:
        text = (
            f"{ingredient}: started with {shown(excess.amount, row.daily_max)} a day{excess.ranged}; whether "
            "the patient is used to it is not known, because the record begins on "
            f"{view.calendar(known_from)}."
        )
        reason = NotAssessedReason.INSUFFICIENT_HISTORY
        return not_assessed(FirstDoseTooHigh.id, reason, ingredient, text, excess.entities), review_at
    return _finding(view, ingredient, rule, start, excess, use.start, new_by), review_at


def _unknown(ingredient: str, rule: _Rule, reason: NotAssessedReason, use: Course) -> Finding | None:
    """That it cannot be told how much the patient may start with; a draft is left out in silence."""
    if rule.row.shadow:
        return None
    what = "age" if reason is NotAssessedReason.MISSING_AGE else "usable weight"
    text = f"{ingredient}: how much the patient may start with is not judged, because no {what} is known."
    subject = f"{ingredient}|start"  # what is left out of the limits is told of the drug alone
    return not_assessed(FirstDoseTooHigh.id, reason, subject, text, use.entities, (ingredient,))


def _stated_as_new(view: View, ingredient: str) -> str | None:
    """The order of a drug that says that the drug is new to the patient. What the record shows of earlier use
    goes before that word: it made the start an earlier one.
    """
    orders = view.ledger.prescribed.get(ingredient, ())
    return next((entry.entity for entry in orders if entry.order.new_to_patient), None)


def _finding(
    view: View,
    ingredient: str,
    rule: _Rule,
    mine: Start,
    excess: DailyExcess,
    start: datetime,
    new_by: str | None,
) -> Finding:
    row = rule.row
    return Finding(
        check=FirstDoseTooHigh.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=excess.amount / mine.most.value,
        text=(
            f"{ingredient}: {shown(excess.amount, row.daily_max)} {excess.how} per day{amid(excess.ranged)} "
            f"at the start; who is not used to it starts with at most {mine.said} a day. {row.action}"
        ),
        implicated=tuple(dict.fromkeys((*excess.entities, *mine.rests_on, *((new_by,) if new_by else ())))),
        evidence={
            **excess.evidence,
            "started_at": start.isoformat(),
            "days_without": row.naive_for.days,
            "unit": base_unit(mine.most.dimension),
            "total": plain(excess.amount),
            "limit": plain(mine.most.value),
            **({"stated_new_by": new_by} if new_by else {}),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
