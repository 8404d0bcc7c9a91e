"""Interaction: two drugs that harm each other are active at the same time.

One issue for each unordered pair of ingredients, by the worst row that speaks of it; of equally grave ones by
that which names the drugs themselves and not their classes. A drug that is only
ordered as needed and was never given counts one severity lower, except in pairs of the high-priority list;
so does a drug that acts where it is applied. A row may speak in some circumstances only, and be one severity
higher or lower in others. Pairs of the list of non-interruptive interactions are minor, always.
"""

from datetime import datetime
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from services.safety.checks.further_dose import AsksOfAsNeeded, FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, gravity, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.together.interacting_pairs import Pair, Rule, inputs, pairs
from services.safety.checks.together.interaction_context import NO_CONTEXT, Context, context
from services.safety.checks.use.activity import Active, activity
from services.safety.checks.use.drug_in_use import use_shown
from services.safety.checks.use.roster import present, roster
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.interacting import Priority


class DrugInteraction(AsksOfAsNeeded):
    """Every pair of active drugs against the interaction rows."""

    id = "interaction"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, and whatever the rows ask of a patient."""
        return inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of any interaction row."""
        return knowledge.interacts(ingredient)

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each pair of drugs that are both active."""
        known, usual = pairs(view.knowledge, present(view))
        if not known:
            return SILENT
        active, review_at = roster(view, view.knowledge.policy.dose.point_event, usual)
        findings: list[Finding] = []
        for pair in known:
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

    def stands_as_needed(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Unless it may make another pair worse: as such it counts while it acts."""
        return not view.knowledge.is_bystander(further.dose.ingredient)


_by_rule: Remembered[Finding | None] = Remembered()


def _told_by_rule(view: View, pair: Pair) -> tuple[Finding | None, datetime | None]:
    """What the rows of a pair say that do not all go by the usual time of activity."""
    given, prescribed, knowledge = view.ledger.given, view.ledger.prescribed, view.knowledge
    one, other = given.get(pair.one), given.get(pair.other)
    its, others = prescribed.get(pair.one), prescribed.get(pair.other)
    key: tuple[int, ...] = (id(pair), id(one), id(other), id(its), id(others), id(knowledge))
    more = _around(view, pair) if pair.bystanders or pair.inputs else ()
    if more:
        key += tuple(map(id, more))
    known = _by_rule.known(view.now, key)
    if known is None:
        about = (pair, one, other, its, others, knowledge, *more)
        known = _by_rule.keep(view.now, key, about, *_by_each_rule(view, pair))
    return known


def _around(view: View, pair: Pair) -> tuple[object, ...]:
    """All that the rows of a pair read beside its two drugs, for knowing it again by identity."""
    ledger = view.ledger
    found: list[object] = []
    for name in pair.bystanders:
        found += (ledger.given.get(name), ledger.prescribed.get(name))
    if pair.inputs:
        found += (ledger.person, ledger.conditions, ledger.encounters)
        found += map(ledger.observed.get, pair.inputs)
    return tuple(found)


def _by_each_rule(view: View, pair: Pair) -> tuple[Finding | None, datetime | None]:
    """The worst that any row says, each by its own time of activity, routes and circumstances."""
    found: list[tuple[Rule, Finding]] = []
    review_at: datetime | None = None
    for rule in pair.rules:
        one, changes = activity(view, pair.one, rule.one_for, rule.exempt)
        other, more = activity(view, pair.other, rule.other_for, rule.exempt)
        review_at = sooner(review_at, sooner(changes, more))
        if one is None or other is None:
            continue
        around, changes = context(view, rule, pair) if rule.row.contextual else (NO_CONTEXT, None)
        review_at = sooner(review_at, changes)
        if around is not None:
            found.append((rule, _finding(view.knowledge, rule, one, other, around)))
    return (max(found, key=_standing)[1] if found else None), review_at


def _standing(told: tuple[Rule, Finding]) -> tuple[bool, int, int, str]:
    """How what several rows say of one pair compares."""
    rule, finding = told
    in_force, rank, row = gravity(finding)
    return in_force, rank, sum(side.startswith("drug:") for side in rule.row.between), row


def _severity(rule: Rule, one: Active, other: Active, around: Context) -> Severity:
    row = rule.row
    if row.priority is Priority.LOW:
        return Severity.MINOR
    severity = row.severity.stepped(bool(around.raised_by) - bool(around.eased_by))
    if row.priority is not Priority.HIGH and (one.only_as_needed or other.only_as_needed):
        severity = severity.stepped(-1)
    if one.local or other.local:
        severity = severity.stepped(-1)
    return severity


_remembered: Remembered[Finding] = Remembered()


def _told(view: View, pair: Pair, one: Active, other: Active) -> Finding:
    """What the gravest row of a pair says of two active drugs."""
    knowledge = view.knowledge
    key = (id(pair), id(one), id(other), id(knowledge))
    known = _remembered.known(view.now, key)
    if known is None:
        every = ((rule, _finding(knowledge, rule, one, other, NO_CONTEXT)) for rule in pair.rules)
        worst = max(every, key=_standing)[1]
        known = _remembered.keep(view.now, key, (pair, one, other, knowledge), worst, None)
    return known[0]


@lru_cache(maxsize=16_384)
def _words(knowledge: KnowledgeBase, rule: Rule, one: str, other: str) -> tuple[str, str, bool]:
    """What a row says of two drugs in words, what to do, and whether one of them is a high-alert drug."""
    mechanism = f" {rule.row.mechanism.rstrip('.')}." if rule.row.mechanism else ""
    high_alert = knowledge.high_alert(one) or knowledge.high_alert(other)
    return f"{one} together with {other}.{mechanism}", rule.row.action, high_alert


def _finding(knowledge: KnowledgeBase, rule: Rule, one: Active, other: Active, around: Context) -> Finding:
    row = rule.row
    drugs: list[JsonValue] = [use_shown(active) for active in (one, other)]
    what, action, high_alert = _words(knowledge, rule, one.ingredient, other.ingredient)
    hours = int(max(rule.one_for, rule.other_for).total_seconds() // 3600)
    return Finding(
        check=DrugInteraction.id,
        subject=f"{one.ingredient}|{other.ingredient}",
        subjects=(one.ingredient, other.ingredient),
        severity=_severity(rule, one, other, around),
        text=f"{what}{around.said} {action}",
        implicated=tuple(dict.fromkeys((*one.entities, *other.entities, *around.entities))),
        evidence={
            "drugs": drugs,
            "priority": row.priority.value,
            "exposure_hours": hours,
            **around.evidence,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=high_alert,
    )
