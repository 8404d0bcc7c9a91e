"""Naive dose: one dose, given or ordered, is more than somebody may have who is not used to such drugs.

Any drug of the class makes a patient used to it, by whatever route; a row may ask for enough of it. Where the
record does not go back far enough to know, that is said, and nothing is assumed. A dose stays an issue for
the policy's point-event time; an order until it ends, or until the patient has become used to the class.
What runs longer than the policy's `bolus_up_to`, or by the hour, is not had at once: only a row that forbids
the drug altogether speaks of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from services.safety.checks.amounts.daily_order import dose_changes, in_force
from services.safety.checks.amounts.ordered_single import ordered_single
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.starting.naive_finding import CHECK, SHARE, told
from services.safety.checks.starting.naive_rules import NaiveRule, naive_rules
from services.safety.checks.starting.used_to import use_at
from services.safety.checks.use.activity import active_orders
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.naive import NaiveDose as Row
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Prescribed


@lru_cache(maxsize=8_192)
def _ruled(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(ingredients) if naive_rules(knowledge, name))


@lru_cache(maxsize=8)
def _shortest_gap(knowledge: KnowledgeBase) -> timedelta:
    """The shortest time without a drug after which any row takes a patient for not used to it."""
    return min((row.naive_for for row in knowledge.rules_of_kind(Row)), default=timedelta(0))


class NaiveDose:
    """Single doses of a patient against what is safe without being used to them."""

    id = CHECK
    per_ingredient = False

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with such a rule, and those that make a patient used to them."""
        return any(
            knowledge.selected(selector, ingredient)
            for row in knowledge.rules_of_kind(Row)
            for selector in row.selectors
        )

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, and how far back the record goes; nothing without a row."""
        return frozenset({"given", "orders", "record"} if knowledge.rules_of_kind(Row) else ())

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """For each drug the worst dose or order, or that nobody can say whether they are used to it."""
        findings: list[Finding] = []
        reviews: list[datetime | None] = []
        for ingredient in _ruled(view.knowledge, present(view)):
            found: list[Finding] = []
            for rule in naive_rules(view.knowledge, ingredient):
                found += _given(view, ingredient, rule, reviews)
                found += _ordered(view, ingredient, rule, reviews)
            findings += the_worst(found)
        review_at = earliest(view.now, *reviews)
        return Judgement(tuple(findings), review_at) if findings or review_at is not None else SILENT

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where the dose is not too much, and of a drug in use long since: the use goes on as it began."""
        if any(SHARE in finding.evidence for finding in held.findings):
            return False
        dose, before = further.dose, further.before
        if any(rule.broken(dose.amount, dose.route) for rule in naive_rules(view.knowledge, dose.ingredient)):
            return False
        goes_on = not further.order.as_needed or view.now < before.end + _shortest_gap(view.knowledge)
        return goes_on and Spaced()


def _given(view: View, ingredient: str, rule: NaiveRule, reviews: list[datetime | None]) -> Iterator[Finding]:
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return
    policy = view.knowledge.policy.dose
    reviews.append(timeline.next_after(view.now))
    for dose in timeline.overlapping(view.now - policy.point_event, view.now):
        ends = dose.start + policy.point_event
        if not dose.done or ends <= view.now or not rule.broken(dose.amount, dose.route):
            continue
        if rule.most is not None and dose.lasts > policy.bolus_up_to:
            continue
        reviews.append(ends)
        listed: dict[str, JsonValue] = {"entity": dose.entity, "start": dose.start.isoformat()}
        shown_dose = listed | {"stated": dose.stated}
        use = use_at(view, dose.start, rule.used_to, rule.row.naive_for)
        yield from told(
            view, ingredient, rule, use, dose.start, "given", dose.entity, dose.amount, shown_dose
        )


def _ordered(
    view: View, ingredient: str, rule: NaiveRule, reviews: list[datetime | None]
) -> Iterator[Finding]:
    orders, changes = active_orders(view, ingredient)
    reviews.append(changes)
    for entry in orders:
        reviews += dose_changes(entry)
        for dosage in entry.order.dosages:
            if rule.most is not None and dosage.rate is not None:
                continue
            single = ordered_single(entry, dosage)
            amount = single if isinstance(single, Amount) else None
            if in_force(dosage, view.now) and rule.broken(amount, dosage.route):
                at = _judged_at(view, entry, rule, reviews)
                if at is None:
                    continue
                use = use_at(view, at, rule.used_to, rule.row.naive_for)
                reviews.append(use.since + rule.row.used_for)
                if at == view.now:
                    reviews += [use.changes, use.known_from + rule.row.naive_for]
                listed: dict[str, JsonValue] = {"entity": entry.entity}
                yield from told(view, ingredient, rule, use, at, "ordered", entry.entity, amount, listed)


def _judged_at(
    view: View, entry: Prescribed, rule: NaiveRule, reviews: list[datetime | None]
) -> datetime | None:
    """When it counts whether the patient is used to an order; None where they have become so by it.

    How much they had is asked of the days before it began: it is no tolerance that it makes itself.
    """
    if not rule.row.enough:
        return view.now
    over = entry.start + rule.row.used_for
    if over <= view.now:
        return None
    reviews.append(over)
    return entry.start
