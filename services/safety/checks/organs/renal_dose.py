"""Renal dose: the day of a drug is too high for the kidneys, or the drug is not for such kidneys at all.

A new result judges orders and doses anew. While creatinine rises fast the next lower band holds. A drug with
such a rule whose patient's kidneys are not known is said to be not assessed: no result is no good result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.checks.amounts.daily_excess import (
    DailyExcess,
    DailyMost,
    daily_excess,
    daily_most,
    day_stays_below,
)
from services.safety.checks.amounts.limits import base_unit, shown
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
from services.safety.checks.patient.kidney_bands import band_of, band_said
from services.safety.checks.patient.kidneys import KidneyFunction, kidney_function, kidney_inputs
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.activity import Active, activity
from services.safety.checks.use.drug_in_use import exempt_from
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.dose_advice import DoseAdvice
from services.safety.knowledge.kinds.renal import RenalBand, RenalDose
from services.safety.knowledge.products import FormRelease


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row; `most` has the daily limits of its bands and of dialysis by identity."""

    row: RenalDose
    exempt: frozenset[Route]
    source: SourceRef
    most: Mapping[int, DailyMost]


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row,
            exempt_from(row.routes),
            source_ref(row),
            {
                id(advice): daily_most(advice.daily_max, row.routes, row.release)
                for advice in (*row.bands, row.dialysis)
                if advice is not None and advice.daily_max is not None
            },
        )
        for row in knowledge.rules_of(ingredient, RenalDose)
    )


class RenalDoseTooHigh:
    """Doses and orders of one ingredient against the kidneys."""

    id = "renal-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a rule on kidney function."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays, which end infusions, and all that tells the kidneys."""
        return frozenset({"given", "orders", "encounters"}) | kidney_inputs(knowledge)

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what the rules find, or that the kidneys are not known."""
        rules = _rules(view.knowledge, subject)
        if not rules:
            return SILENT
        found: list[Finding] = []
        instants: list[datetime | None] = []
        for rule in rules:
            finding, review_at = _judge_rule(view, subject, rule)
            instants.append(review_at)
            if finding is not None:
                found.append(finding)
        return Judgement(the_worst(found), earliest(view.now, *instants))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where no day passes what the kidneys allow, as none can of doses so far apart; without a most only
        the use of the drug counts, and of some of its products it may begin with this dose.
        """
        ingredient = further.dose.ingredient
        spaced: Spaced | None = Spaced()
        for rule in _rules(view.knowledge, ingredient):
            asked = rule.row.release
            if asked is not None and not FormRelease.counts(further.dose.release, asked):
                continue
            kidneys, _ = _kidneys(view, rule)
            advice = _advice(rule.row, kidneys) if kidneys.known else None
            most = rule.most.get(id(advice))
            if most is None and asked is not None and (advice is not None or not kidneys.known):
                return False
            if most is None:
                continue
            mine = day_stays_below(view, further, most)
            if not mine:
                return False
            spaced = spaced.both(mine) if spaced and isinstance(mine, Spaced) else None
        return spaced or True


def _judge_rule(view: View, ingredient: str, rule: _Rule) -> tuple[Finding | None, datetime | None]:
    """Whether the drug is in use is asked last: kidneys about which the rule says nothing change less."""
    kidneys, review_at = _kidneys(view, rule)
    known = kidneys.known
    advice = _advice(rule.row, kidneys) if known else None
    if advice is None and (known or rule.row.shadow):
        return None, review_at
    excess: DailyExcess | None = None
    most = rule.most.get(id(advice))
    if advice is not None and most is not None:
        excess, changes = daily_excess(view, ingredient, most)
        review_at = earliest(view.now, review_at, changes)
        if excess is None:
            return None, review_at
    window = view.knowledge.policy.dose.point_event
    active, changes = activity(view, ingredient, window, rule.exempt, rule.row.release)
    review_at = earliest(view.now, review_at, changes)
    if active is None:
        return None, review_at
    if advice is None:
        return _unknown(ingredient, kidneys, active), review_at
    if excess is None:
        return _avoided(view, ingredient, rule, kidneys, advice, active), review_at
    return _too_much(view, ingredient, rule, kidneys, advice, excess), review_at


def _kidneys(view: View, rule: _Rule) -> tuple[KidneyFunction, datetime | None]:
    kidneys, review_at = kidney_function(view, rule.row.measure)
    return kidneys.against(band.below for band in rule.row.bands), review_at


def _advice(row: RenalDose, kidneys: KidneyFunction) -> DoseAdvice | None:
    """What the rule says of kidneys that are known."""
    if kidneys.value is None and row.dialysis is not None:
        return row.dialysis
    place = band_of(row.bands, kidneys)
    return None if place is None else row.bands[place]


def _said(advice: DoseAdvice, kidneys: KidneyFunction) -> str:
    return band_said(advice.below if isinstance(advice, RenalBand) else None, kidneys)


def _unknown(ingredient: str, kidneys: KidneyFunction, active: Active) -> Finding:
    text = f"{ingredient}: its dose depends on the kidneys, and they are not known: {kidneys.why_not}."
    reason = NotAssessedReason.MISSING_RENAL_FUNCTION
    entities = (*active.entities, *kidneys.entities)
    return not_assessed(RenalDoseTooHigh.id, reason, ingredient, text, entities)


def _avoided(
    view: View, ingredient: str, rule: _Rule, kidneys: KidneyFunction, advice: DoseAdvice, active: Active
) -> Finding:
    text = f"{ingredient}: not to be used {_said(advice, kidneys)}. {rule.row.action}"
    entities = (*active.entities, *kidneys.entities)
    return _finding(view, ingredient, rule, kidneys, advice, text, Decimal(1), entities, {})


def _too_much(
    view: View,
    ingredient: str,
    rule: _Rule,
    kidneys: KidneyFunction,
    advice: DoseAdvice,
    excess: DailyExcess,
) -> Finding:
    limit, most = advice.daily_max, rule.most[id(advice)]
    assert limit is not None  # noqa: S101 - a limit made `most`
    text = (
        f"{ingredient}: {shown(excess.amount, limit)} {excess.how} per day{excess.ranged}; "
        f"at most {limit} {_said(advice, kidneys)}. {rule.row.action}"
    )
    evidence = {
        **excess.evidence,
        "unit": base_unit(most.dimension),
        "total": plain(excess.amount),
        "limit": plain(most.value),
    }
    entities = (*excess.entities, *kidneys.entities)
    level = excess.amount / most.value
    return _finding(view, ingredient, rule, kidneys, advice, text, level, entities, evidence)


def _finding(
    view: View,
    ingredient: str,
    rule: _Rule,
    kidneys: KidneyFunction,
    advice: DoseAdvice,
    text: str,
    level: Decimal,
    entities: tuple[str, ...],
    evidence: dict[str, JsonValue],
) -> Finding:
    return Finding(
        check=RenalDoseTooHigh.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=advice.severity,
        level=level,
        text=text,
        implicated=tuple(dict.fromkeys(entities)),
        evidence={
            **evidence,
            "kidneys": kidneys.how,
            "measure": rule.row.measure.value,
            "value": kidneys.shown,
            "rising_creatinine": kidneys.unstable,
            "avoid": advice.avoid,
        },
        sources=(rule.source,),
        shadow=rule.row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
