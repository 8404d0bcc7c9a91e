"""Renal schedule: for these kidneys one dose is too large, or doses follow each other too soon.

A dose is held against the kidneys as they were when it was given, or where nobody knew them then, as they
are now: a result that comes later and is worse makes no error of it. Orders are held against the kidneys of
now. A dose that is too large is told for the policy's point-event time; how long to wait is judged as by
`dose-interval`. What runs longer than the policy's `bolus_up_to` is an infusion, and not judged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.amounts.one_dose import given_at_all
from services.safety.checks.doses.interval_breach import Breach, breach, early_anywhere
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.organs.renal_schedule_finding import (
    CHECK,
    amount_unknown,
    kidneys_unknown,
    too_large,
    too_soon,
)
from services.safety.checks.organs.renal_schedule_orders import ordered
from services.safety.checks.organs.renal_schedule_rules import Bound, ScheduleRule, bound, schedules
from services.safety.checks.patient.kidneys import kidney_function, kidney_inputs
from services.safety.checks.use.activity import activity
from services.safety.checks.use.drug_in_use import exempt_from
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach


class RenalSchedule:
    """Doses and orders of one ingredient against what the kidneys allow at once, and how often."""

    id = CHECK
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with such a rule."""
        return bool(schedules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, and all that tells the kidneys."""
        return frozenset({"given", "orders"}) | kidney_inputs(knowledge)

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what is too large or too soon, and that the kidneys are not known."""
        rules = schedules(view.knowledge, subject)
        if not rules:
            return SILENT
        found: list[Finding] = []
        unclear: dict[NotAssessedReason, dict[str, None]] = {}
        unknown: Finding | None = None
        reviews: list[datetime | None] = []
        for rule in rules:
            _, changes = kidney_function(view, rule.row.measure)
            reviews.append(changes)
            found += _given(view, subject, rule, reviews, unclear)
            found += ordered(view, subject, rule, reviews, unclear)
            unknown = unknown or _kidneys_unknown(view, subject, rule, reviews)
        missing = [amount_unknown(subject, reason, tuple(of)) for reason, of in unclear.items()]
        told = (*the_worst(found), *missing, *((unknown,) if unknown is not None else ()))
        return Judgement(told, earliest(view.now, *reviews))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Where the kidneys allow as much at once, and so soon."""
        dose = further.dose
        since = dose.start - further.before.start
        for rule in schedules(view.knowledge, dose.ingredient):
            if not rule.speaks_of(dose.route, dose.amount, dose.release):
                continue
            by = bound(view, rule, dose.start)
            if by is None and rule.alone and rule.row.release is not None:
                return False
            if by is None:
                continue
            wait = by.held.wait
            if by.held.unclear(dose.amount) or by.held.too_large(dose.amount):
                return False
            if wait is not None and since < early_anywhere(view, wait):
                return False
        return True


def _kidneys_unknown(
    view: View, ingredient: str, rule: ScheduleRule, reviews: list[datetime | None]
) -> Finding | None:
    """Said once for each drug: not where a row about its day says the same."""
    kidneys = rule.against(kidney_function(view, rule.row.measure)[0])
    if kidneys.known or rule.row.shadow or not rule.alone:
        return None
    window = view.knowledge.policy.dose.point_event
    active, changes = activity(view, ingredient, window, exempt_from(rule.row.routes), rule.row.release)
    reviews.append(changes)
    return None if active is None else kidneys_unknown(ingredient, kidneys, active.entities)


def _given(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    reviews: list[datetime | None],
    unclear: dict[NotAssessedReason, dict[str, None]],
) -> Iterator[Finding]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return
    policy = view.knowledge.policy.dose
    back = min(
        max(policy.point_event, rule.row.longest) + policy.retrospective + rule.row.longest,
        reach(view.knowledge, ingredient),
    )
    reviews.append(timeline.next_after(view.now))
    doses = [
        dose
        for dose in timeline.overlapping(view.now - back, view.now)
        if given_at_all(dose)
        and dose.lasts <= policy.bolus_up_to
        and rule.speaks_of(dose.route, dose.amount, dose.release)
    ]
    recent = [dose for dose in doses if view.now < dose.start + policy.point_event]
    yield from _large(view, ingredient, rule, recent, reviews, unclear)
    early = list(_early(view, rule, doses))
    reviews += [each.ends for _, each in early]
    if early:
        yield too_soon(view, ingredient, rule, early)


def _large(
    view: View,
    ingredient: str,
    rule: ScheduleRule,
    doses: Sequence[Given],
    reviews: list[datetime | None],
    unclear: dict[NotAssessedReason, dict[str, None]],
) -> Iterator[Finding]:
    told_for = view.knowledge.policy.dose.point_event
    worst: tuple[Bound, Decimal] | None = None
    listed: dict[str, JsonValue] = {}
    for dose in doses:
        amount, by = dose.amount, bound(view, rule, dose.start)
        if by is None:
            continue
        if by.held.unclear(amount) and rule.asks_amounts:
            reason = dose.problem or NotAssessedReason.UNCONVERTIBLE_UNIT
            unclear.setdefault(reason, {})[dose.entity] = None
            reviews.append(dose.start + told_for)
        if amount is None or not by.held.too_large(amount):
            continue
        reviews.append(dose.start + told_for)
        listed[dose.entity] = {
            "entity": dose.entity,
            "start": dose.start.isoformat(),
            "stated": dose.stated,
            "counted": plain(amount.value),
        }
        if worst is None or amount.value > worst[1]:
            worst = (by, amount.value)
    if worst is not None:
        shown: dict[str, JsonValue] = {"doses": [*listed.values()]}
        yield too_large(view, ingredient, rule, *worst, "given at once", shown, tuple(listed))


def _early(view: View, rule: ScheduleRule, doses: Sequence[Given]) -> Iterator[tuple[Bound, Breach]]:
    """Each dose against the one before it, where one of them is of those that wait."""
    longest = rule.row.longest
    for before, dose in pairwise(doses):
        if dose.start - before.start >= longest:
            continue
        by = bound(view, rule, dose.start)
        if by is None or by.held.wait is None:
            continue
        if by.held.waits(before.amount) or by.held.waits(dose.amount):
            found = breach(view, before, dose, by.held.wait)
            if found is not None:
                yield by, found
