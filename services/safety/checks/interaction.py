"""Interaction: two drugs that harm each other are active at the same time.

One issue for each unordered pair of ingredients, by the worst row that speaks of it. A drug that is only
ordered as needed and was never given counts one severity lower, except in pairs of the high-priority list;
so does a drug that acts where it is applied. Pairs of the list of non-interruptive interactions are minor,
always.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.clinical import Route
from schemas.issues import SourceRef
from services.safety.checks.activity import Active, activity
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.roster import present, roster
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Interaction, Priority


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: Interaction
    exposure: timedelta
    exempt: frozenset[Route]
    source: SourceRef


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two ingredients in name order, and the rows that speak of them.

    `usual`: by every row, a drug counts as active for the usual time and by any route.
    """

    one: str
    other: str
    rules: tuple[_Rule, ...]
    usual: bool


@lru_cache(maxsize=16_384)
def _partners(knowledge: KnowledgeBase, ingredient: str) -> Mapping[str, tuple[_Rule, ...]]:
    """The ingredients that an ingredient interacts with, and the rows that say so."""
    found: dict[str, dict[str, _Rule]] = {}
    for row in knowledge.interactions_of(ingredient):
        rule = _Rule(row, row.exposure, frozenset(row.exempt_routes), source_ref(row))
        one, other = row.between
        for mine, theirs in ((one, other), (other, one)):
            if knowledge.selected(mine, ingredient):
                for partner in knowledge.members(theirs):
                    if partner != ingredient:
                        found.setdefault(partner, {})[row.id] = rule
    return {partner: tuple(rules.values()) for partner, rules in found.items()}


@lru_cache(maxsize=8_192)
def _pairs(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[tuple[_Pair, ...], frozenset[str]]:
    """The pairs among some ingredients that any row speaks of, in name order, and the drugs of usual ones."""
    usual = knowledge.policy.dose.point_event
    pairs = tuple(
        _Pair(one, other, rules, all(rule.exposure == usual and not rule.exempt for rule in rules))
        for one in sorted(ingredients)
        for other, rules in sorted(_partners(knowledge, one).items())
        if one < other and other in ingredients
    )
    return pairs, frozenset(name for pair in pairs if pair.usual for name in (pair.one, pair.other))


class DrugInteraction:
    """Every pair of active drugs against the interaction rows."""

    id = "interaction"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and orders."""
        return frozenset({"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of any interaction row."""
        return bool(knowledge.interactions_of(ingredient))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each pair of drugs that are both active."""
        pairs, usual = _pairs(view.knowledge, present(view))
        if not pairs:
            return SILENT
        active, review_at = roster(view, view.knowledge.policy.dose.point_event, usual)
        findings: list[Finding] = []
        for pair in pairs:
            if pair.usual:
                one, other = active.get(pair.one), active.get(pair.other)
                if one is not None and other is not None:
                    findings.append(_told(view, pair, one, other))
            else:
                worst, changes = _told_by_rule(view, pair)
                review_at = sooner(review_at, changes)
                if worst is not None:
                    findings.append(worst)
        return Judgement(tuple(findings), review_at)


_by_rule: Remembered[Finding | None] = Remembered()


def _told_by_rule(view: View, pair: _Pair) -> tuple[Finding | None, datetime | None]:
    """What the rows of a pair say that do not all go by the usual time of activity."""
    given, prescribed, knowledge = view.ledger.given, view.ledger.prescribed, view.knowledge
    one, other = given.get(pair.one), given.get(pair.other)
    its, others = prescribed.get(pair.one), prescribed.get(pair.other)
    key = (id(pair), id(one), id(other), id(its), id(others), id(knowledge))
    known = _by_rule.known(view.now, key)
    if known is None:
        about = (pair, one, other, its, others, knowledge)
        known = _by_rule.keep(view.now, key, about, *_by_each_rule(view, pair))
    return known


def _by_each_rule(view: View, pair: _Pair) -> tuple[Finding | None, datetime | None]:
    """The worst that any row says, each by its own time of activity and its own routes."""
    worst: Finding | None = None
    review_at: datetime | None = None
    for rule in pair.rules:
        one, changes = activity(view, pair.one, rule.exposure, rule.exempt)
        other, more = activity(view, pair.other, rule.exposure, rule.exempt)
        review_at = sooner(review_at, sooner(changes, more))
        if one is not None and other is not None:
            found = _told(view, rule, one, other)
            worst = found if worst is None else max(worst, found, key=_weight)
    return worst, review_at


def _weight(finding: Finding) -> tuple[bool, int, str]:
    return (not finding.shadow, finding.severity.rank, finding.sources[0].row)


def _severity(rule: _Rule, one: Active, other: Active) -> Severity:
    row = rule.row
    if row.priority is Priority.LOW:
        return Severity.MINOR
    severity = row.severity
    if row.priority is not Priority.HIGH and (one.only_as_needed or other.only_as_needed):
        severity = severity.stepped(-1)
    if one.local or other.local:
        severity = severity.stepped(-1)
    return severity


_remembered: Remembered[Finding] = Remembered()


def _told(view: View, by: _Rule | _Pair, one: Active, other: Active) -> Finding:
    """What a row, or the gravest row of a pair, says of two active drugs."""
    knowledge = view.knowledge
    key = (id(by), id(one), id(other), id(knowledge))
    known = _remembered.known(view.now, key)
    if known is None:
        rules = by.rules if isinstance(by, _Pair) else (by,)
        worst = max((_finding(knowledge, rule, one, other) for rule in rules), key=_weight)
        known = _remembered.keep(view.now, key, (by, one, other, knowledge), worst, None)
    return known[0]


@lru_cache(maxsize=16_384)
def _words(knowledge: KnowledgeBase, rule: _Rule, one: str, other: str) -> tuple[str, bool]:
    """What a row says of two drugs in words, and whether one of them is a high-alert drug."""
    mechanism = f" {rule.row.mechanism.rstrip('.')}." if rule.row.mechanism else ""
    high_alert = knowledge.high_alert(one) or knowledge.high_alert(other)
    return f"{one} together with {other}.{mechanism} {rule.row.action}", high_alert


def _finding(knowledge: KnowledgeBase, rule: _Rule, one: Active, other: Active) -> Finding:
    row = rule.row
    drugs: list[JsonValue] = [
        {
            "ingredient": active.ingredient,
            "entities": list(active.entities),
            "given": active.dosed,
            "only_as_needed_never_given": active.only_as_needed,
            "local_route": active.local,
            "known_by_name_only": active.by_text,
        }
        for active in (one, other)
    ]
    text, high_alert = _words(knowledge, rule, one.ingredient, other.ingredient)
    return Finding(
        check=DrugInteraction.id,
        subject=f"{one.ingredient}|{other.ingredient}",
        subjects=(one.ingredient, other.ingredient),
        severity=_severity(rule, one, other),
        text=text,
        implicated=tuple(dict.fromkeys((*one.entities, *other.entities))),
        evidence={
            "drugs": drugs,
            "priority": row.priority.value,
            "exposure_hours": int(rule.exposure.total_seconds() // 3600),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=high_alert,
    )
