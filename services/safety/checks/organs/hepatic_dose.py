"""Hepatic dose: the day of a drug is too high for a sick liver, or the drug is not for such a liver at all.

A condition judges orders and doses anew as soon as it is known, and no longer once it is over. Under a code
that does not tell how bad the liver is the finding is a question, and pages nobody; so is an excess through
what is given as needed alone. A dose given a little early is not one of the same day.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.checks.amounts.daily_excess import DailyMost, daily_most
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, sooner, the_worst
from services.safety.checks.organs.day_excess import day_excess
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.drug_in_use import exempt_from, in_use, use_shown, weighed
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.hepatic import HepaticDose

_HOW_BAD = " The record does not say whether the liver is that bad: find out (Child-Pugh class)."


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: HepaticDose
    exempt: frozenset[Route]
    most: DailyMost | None
    source: SourceRef
    high_alert: bool


@dataclass(frozen=True, slots=True)
class _Liver:
    """A rule that holds now by what `entities` state; not `sure` where they do not say how bad it is."""

    rule: _Rule
    entities: tuple[str, ...]
    sure: bool


_Rules = tuple[_Rule, ...]
_Livers = tuple[_Liver, ...]
_remembered: Remembered[_Livers] = Remembered()


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> _Rules:
    high_alert = knowledge.high_alert(ingredient)
    return tuple(
        _Rule(
            row,
            exempt_from(row.routes),
            None if row.daily_max is None else daily_most(row.daily_max, row.routes),
            source_ref(row),
            high_alert,
        )
        for row in knowledge.rules_of(ingredient, HepaticDose)
    )


class HepaticDoseTooHigh:
    """Doses and orders of one ingredient against the liver."""

    id = "hepatic-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a rule on the liver."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders, conditions, and stays, which end infusions."""
        return frozenset({"given", "orders", "conditions", "encounters"})

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what the rules that hold find."""
        rules = _rules(view.knowledge, subject)
        conditions = view.ledger.conditions
        if not rules or not conditions:
            return SILENT
        livers, review_at = _remembered(view.now, (conditions, rules), (), lambda: _holding(view, rules))
        if not livers:
            return SILENT if review_at is None else Judgement((), review_at)
        found: list[Finding] = []
        for liver in livers:
            limited = liver.rule.most is not None
            finding, changes = (_limited if limited else _avoided)(view, subject, liver)
            review_at = sooner(review_at, changes)
            if finding is not None:
                found.append(finding)
        return Judgement(the_worst(found), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """As long as no condition is known, and so none of the liver."""
        return not view.ledger.conditions and Spaced()


def _holding(view: View, rules: _Rules) -> tuple[_Livers, datetime | None]:
    found: list[_Liver] = []
    review_at: datetime | None = None
    for rule in rules:
        for codes, sure in ((rule.row.codes, True), (rule.row.perhaps, False)):
            held, changes = holding(view, codes)
            review_at = sooner(review_at, changes)
            if held:
                found.append(_Liver(rule, tuple(fact.entity for fact, _ in held), sure))
                break
    return tuple(found), review_at


def _avoided(view: View, ingredient: str, liver: _Liver) -> tuple[Finding | None, datetime | None]:
    active, review_at = in_use(view, ingredient, None, liver.rule.exempt)
    if active is None:
        return None, review_at
    what = "not to be used"
    severity = weighed(liver.rule.row.severity, active)
    evidence: dict[str, JsonValue] = {"drug": use_shown(active)}
    return _finding(ingredient, liver, what, "", severity, Decimal(1), active.entities, evidence), review_at


def _limited(view: View, ingredient: str, liver: _Liver) -> tuple[Finding | None, datetime | None]:
    limit, most = liver.rule.row.daily_max, liver.rule.most
    assert limit is not None and most is not None  # noqa: S101 - a limit made `most`
    excess, review_at = day_excess(view, ingredient, most)
    if excess is None:
        return None, review_at
    what = f"{shown(excess.amount, limit)} {excess.how} per day{excess.ranged}; at most {limit}"
    evidence: dict[str, JsonValue] = {
        **excess.evidence,
        "unit": base_unit(most.dimension),
        "total": plain(excess.amount),
        "limit": plain(most.value),
    }
    severity = liver.rule.row.severity
    if excess.note:
        severity = Severity.MINOR
    elif excess.amount <= most.value * view.knowledge.policy.dose.moderate_up_to:
        severity = min(severity, Severity.MODERATE, key=lambda each: each.rank)
    level = excess.amount / most.value
    return _finding(
        ingredient, liver, what, excess.note, severity, level, excess.entities, evidence
    ), review_at


def _finding(
    ingredient: str,
    liver: _Liver,
    what: str,
    note: str,
    severity: Severity,
    level: Decimal,
    entities: tuple[str, ...],
    evidence: dict[str, JsonValue],
) -> Finding:
    row = liver.rule.row
    doubt = "" if liver.sure else _HOW_BAD
    return Finding(
        check=HepaticDoseTooHigh.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity if liver.sure else Severity.MINOR,
        level=level,
        text=f"{ingredient}: {what} in {row.condition}.{note}{doubt} {row.action}",
        implicated=tuple(dict.fromkeys((*entities, *liver.entities))),
        evidence={
            **evidence,
            "condition": {"condition": row.condition, "entities": list(liver.entities)},
            "how_bad_is_known": liver.sure,
            "avoid": row.avoid,
        },
        sources=(liver.rule.source,),
        shadow=row.shadow,
        high_alert=liver.rule.high_alert,
    )
