"""Dose interval: a dose was given, or is ordered, sooner after the one before than a rule allows.

The patient's own order as needed is a rule for what is given under it.

Time is counted from start to start, over all products of an ingredient for a rule, under one order for an
order as needed. A dose early by no more than the ward's tolerance is in order; one that comes before the
policy's share of the interval has passed is too early in any case, and one severity higher. What is one dose
in parts is no second dose, and what runs longer than the policy's `bolus_up_to` is an infusion, not judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.one_dose import given_at_all
from services.safety.checks.doses.as_needed_orders import AsNeeded, along, as_needed_orders
from services.safety.checks.doses.interval_breach import (
    Breach,
    Larger,
    Least,
    breach,
    early_anywhere,
    larger_than,
    least_by,
)
from services.safety.checks.doses.interval_finding import CHECK, by_order, by_rule
from services.safety.checks.doses.ordered_interval import ordered_too_often
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.patient.coded_conditions import stated
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.interval import Interval
from services.safety.knowledge.policy import DosePolicy
from services.safety.ledger.entries import Given
from services.safety.ledger.pruning import reach
from services.safety.ledger.timeline import Timeline

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: Interval
    least: Least
    routes: frozenset[Route]
    source: SourceRef
    larger: Larger | None


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    policy = knowledge.policy.dose
    return tuple(
        _Rule(
            row,
            least_by(policy, row.at_least),
            frozenset(row.routes),
            source_ref(row),
            larger_than(row.after_more_than),
        )
        for row in knowledge.rules_of(ingredient, Interval)
    )


class DoseInterval:
    """The doses of one ingredient, each against the one before."""

    id = CHECK
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, and conditions where a row does not speak of everybody."""
        limited = any(row.not_in is not None for row in knowledge.rules_of_kind(Interval))
        return frozenset({"given", "orders", "conditions"} if limited else {"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:  # noqa: ARG002 - the protocol's
        """Every known drug, because any may be ordered as needed."""
        return not ingredient.startswith("<")

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst breach of an interval that is still told, or that is ordered."""
        if subject.startswith("<"):
            return SILENT
        rules = _rules(view.knowledge, subject)
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for rule in rules if subject in view.ledger.prescribed else ():
            ordered, changes = ordered_too_often(
                view, subject, rule.row, rule.least, rule.source, rule.larger
            )
            reviews.append(changes)
            if ordered is not None:
                barred, changes = stated(view, rule.row.not_in)
                reviews.append(changes)
                found += [] if barred else [ordered]
        timeline = view.ledger.given.get(subject)
        if timeline is not None and len(timeline.entries) > 1:
            _given(view, subject, timeline, rules, found, reviews)
        review_at = earliest(view.now, *reviews)
        return Judgement(the_worst(found), review_at) if found or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where no interval asks more of the dose, as none does of doses so far apart; it brings none of the
        others nearer.
        """
        dose = further.dose
        since = dose.start - further.before.start
        rules = _rules(view.knowledge, dose.ingredient)
        mine = (
            early_anywhere(view, rule.least)
            for rule in rules
            if covers(rule.routes, dose.route, dose.kind.micro)
        )
        least = max(mine, default=timedelta(0))
        orders = as_needed_orders(view, dose.ingredient) if further.order.as_needed else None
        return since >= least and (orders is None or since >= orders.longest) and Spaced(least)


def _given(
    view: View,
    ingredient: str,
    timeline: Timeline[Given],
    rules: Sequence[_Rule],
    found: list[Finding],
    reviews: list[datetime | None],
) -> None:
    """Adds what the doses given show, each against the one before."""
    orders = as_needed_orders(view, ingredient)
    longest = orders.longest if orders is not None else _NO_TIME
    for rule in rules:
        longest = max(longest, rule.row.at_least)
    if not longest:
        return
    policy = view.knowledge.policy.dose
    back = max(policy.point_event, longest) + policy.retrospective + longest
    doses = timeline.overlapping(view.now - min(back, reach(view.knowledge, ingredient)), view.now)
    reviews.append(timeline.next_after(view.now))
    for rule in rules:
        breaches = list(_of_rule(view, rule, doses))
        if breaches:
            barred, changes = stated(view, rule.row.not_in)
            reviews += [changes, *(each.ends for each in breaches)]
            if not barred:
                found.append(by_rule(view, breaches, rule.row, rule.source))
    if orders is not None and _close(doses, orders.longest):
        under = orders.split(dose for dose in doses if _judged(dose, policy))
        for entity in under:
            breaches = list(_of_order(view, orders.by_entity[entity], under))
            if breaches:
                reviews += [each.ends for each in breaches]
                found.append(by_order(view, breaches, entity))


def _close(doses: Sequence[Given], span: timedelta) -> bool:
    """Whether any two that follow each other are nearer than a span; leaving some out brings none nearer."""
    if not doses or not span:
        return False
    before = doses[0].start
    for dose in doses[1:]:
        start = dose.start
        if start - before < span:
            return True
        before = start
    return False


def _judged(dose: Given, policy: DosePolicy) -> bool:
    return given_at_all(dose) and dose.lasts <= policy.bolus_up_to


def _of_rule(view: View, rule: _Rule, doses: Sequence[Given]) -> Iterable[Breach]:
    early = early_anywhere(view, rule.least)
    if not _close(doses, early):
        return
    doses = _by_routes(doses, rule.routes)
    if not _close(doses, early):
        return
    policy = view.knowledge.policy.dose
    for before, dose in pairwise(dose for dose in doses if _judged(dose, policy)):
        if rule.larger is not None and not rule.larger.than(before.amount):
            continue
        found = breach(view, before, dose, rule.least)
        if found is not None:
            yield found


def _by_routes(doses: Sequence[Given], routes: frozenset[Route]) -> Sequence[Given]:
    """The doses by one of the routes; as a rule one dose is given like the one before."""
    if not routes:
        return doses
    found: list[Given] = []
    route: Route | None = None
    counts = False
    for dose in doses:
        if dose.route is not route or route is Route.UNKNOWN:
            route = dose.route
            counts = covers(routes, route, dose.amount is not None and dose.amount.micro)
        if counts:
            found.append(dose)
    return found


def _of_order(view: View, order: AsNeeded, under: Mapping[str, Sequence[Given]]) -> Iterable[Breach]:
    """The doses under an order against the one before, which may be of an order whose place it took."""
    if not order.leading:
        return
    own = {dose.entity for dose in under[order.entry.entity]}
    for before, dose in pairwise(along(order, under)):
        interval = order.interval(dose.start) if dose.entity in own else None
        if interval is not None:
            found = breach(view, before, dose, least_by(view.knowledge.policy.dose, interval))
            if found is not None:
                yield found
