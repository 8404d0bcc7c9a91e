"""Duplicate therapy: two drugs that do the same, or one drug by two orders.

One issue for each pair of drugs, and one for each drug that is ordered twice, by the worst row that speaks of
it. What is only ordered as needed and was never given counts one severity lower, and so does what acts where
it is applied. Two orders of one drug by other routes may be meant as alternatives: they are asked about.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from immutables import Map

from services.safety.checks.amounts.line_flush import flush_of
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, gravity, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.together.duplicate_findings import CHECK, DuplicateRule, ordered_twice, two_in_use
from services.safety.checks.together.repeated_orders import repeated
from services.safety.checks.use.in_use import InUse, in_use
from services.safety.checks.use.roster import changed_doses, present
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.duplicate import Duplicate
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class _Concerned:
    """One row and the drugs of a patient that it speaks of, in name order."""

    rule: DuplicateRule
    ingredients: tuple[str, ...]
    names: frozenset[str]


@lru_cache(maxsize=64)
def _rules(knowledge: KnowledgeBase) -> tuple[DuplicateRule, ...]:
    return tuple(
        DuplicateRule(row, frozenset(row.exempt_routes), source_ref(row), flush_of(row.flush))
        for row in knowledge.rules_of_kind(Duplicate)
    )


@lru_cache(maxsize=8_192)
def _concerned(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[_Concerned, ...]:
    found = []
    for rule in _rules(knowledge):
        row = rule.row
        mine = tuple(name for name in sorted(ingredients) if knowledge.selected(row.subject, name))
        if mine and (row.repeated is not None or len(mine) > 1):
            found.append(_Concerned(rule, mine, frozenset(mine)))
    return tuple(found)


class DuplicateTherapy:
    """Everything in use against the rows that allow one drug of a class, or one order of a drug."""

    id = CHECK
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, where any row speaks, and the age, where one tells a flush from a treatment."""
        rules = _rules(knowledge)
        person = {"person"} if any(rule.flush is not None for rule in rules) else set()
        return frozenset({"given", "orders"} | person) if rules else frozenset()

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that any row is about."""
        return any(knowledge.selected(rule.row.subject, ingredient) for rule in _rules(knowledge))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where no row tells a flush from a treatment: all others ask only whether the drug is in use."""
        knowledge, drug = view.knowledge, further.dose.ingredient
        rules = (rule for rule in _rules(knowledge) if rule.flush is not None)
        return not any(knowledge.selected(rule.row.subject, drug) for rule in rules) and Spaced()

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each pair of drugs of one class, and for each drug ordered twice."""
        concerned = _concerned(view.knowledge, present(view))
        if not concerned:
            return SILENT
        ledger = view.ledger
        key = (id(ledger.prescribed), id(ledger.person), id(concerned))
        known = _remembered.known(view.now, key)
        before = known[0] if known is not None else None
        standing = _kept_up(view, concerned, before)
        if standing is not before:
            _remembered.keep(view.now, key, (ledger.prescribed, ledger.person, concerned), standing, None)
        return standing.judgement


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """What each row says with these doses, and all of them together."""

    given: Map[str, Timeline[Given]]
    answers: tuple[Judgement, ...]
    judgement: Judgement


_remembered: Remembered[_Standing] = Remembered(5_000)


def _kept_up(view: View, concerned: tuple[_Concerned, ...], before: _Standing | None) -> _Standing:
    """Only the rows are asked whose review has come or that speak of a drug whose doses changed."""
    given, now = view.ledger.given, view.now
    changed = changed_doses(before.given, given) if before is not None else None
    if before is None or changed is None:
        answers = tuple(_judge_row(view, each) for each in concerned)
    else:
        answers = tuple(
            answer
            if each.names.isdisjoint(changed) and (answer.review_at is None or now < answer.review_at)
            else _judge_row(view, each)
            for each, answer in zip(concerned, before.answers, strict=True)
        )
    worst: dict[str, Finding] = {}
    review_at = None
    for answer in answers:
        review_at = sooner(review_at, answer.review_at)
        for finding in answer.findings:
            _keep(worst, finding)
    return _Standing(given, answers, Judgement(tuple(worst[key] for key in sorted(worst)), review_at))


def _judge_row(view: View, each: _Concerned) -> Judgement:
    row = each.rule.row
    worst: dict[str, Finding] = {}
    using: list[InUse] = []
    review_at = None
    for name in each.ingredients:
        use, changes = in_use(view, name, row.exposure, each.rule.exempt, each.rule.flush)
        review_at = sooner(review_at, changes)
        if use is None:
            continue
        using.append(use)
        twice, changes = repeated(use, row, view.now)
        review_at = sooner(review_at, changes)
        if twice is not None:
            _keep(worst, ordered_twice(view.knowledge, each.rule, use, twice))
    for one, other in combinations(using, 2):
        found = two_in_use(view, each.rule, one, other)
        if found is not None:
            _keep(worst, found)
    return Judgement(tuple(worst.values()), review_at)


def _keep(worst: dict[str, Finding], found: Finding) -> None:
    known = worst.get(found.subject)
    if known is None or gravity(found) > gravity(known):
        worst[found.subject] = found
