"""Alcohol: a drug that is dangerous with alcohol is active in a patient for whom alcohol is proven.

One issue per drug, as bad as its rule says for the best proof that stands; a level in blood that is still
high by the clock, having fallen since it was measured, is worse. A drug only ordered as needed and never
given counts one severity lower.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed, sooner
from services.safety.checks.together.alcohol_evidence import AlcoholSign, alcohol_signs, below_from
from services.safety.checks.use.activity import Active
from services.safety.checks.use.roster import present, roster
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.depressants import AlcoholRule, AlcoholTier

_STRENGTH = {tier: place for place, tier in enumerate(reversed(AlcoholTier))}


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: AlcoholRule
    acute_from: Decimal | None
    source: SourceRef


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, row.acute_from.to("mg/dL") if row.acute_from is not None else None, source_ref(row))
        for row in knowledge.alcohol_rules
        if knowledge.selected(row.subject, ingredient)
    )


@lru_cache(maxsize=8_192)
def _concerned(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    return tuple(ingredient for ingredient in sorted(ingredients) if _rules(knowledge, ingredient))


@lru_cache(maxsize=8)
def _codes(knowledge: KnowledgeBase) -> frozenset[str]:
    codes = (code for codes in knowledge.alcohol_evidence.codes.values() for code in codes)
    return frozenset(f"{code.system}|{code.code}" for code in codes)


class Alcohol(AsksOnlyUse):
    """Active drugs against the evidence of alcohol."""

    id = "alcohol"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, diagnoses, the sex (scores differ), and the codes that are evidence."""
        return frozenset({"given", "orders", "conditions", "person"}) | _codes(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of any rule about alcohol."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each active drug that has a rule for the evidence that stands."""
        knowledge = view.knowledge
        concerned = _concerned(knowledge, present(view))
        if not concerned:
            return SILENT
        signs = alcohol_signs(view)
        if not signs.standing and not signs.unusable:
            return Judgement((), signs.review_at) if signs.review_at is not None else SILENT
        active, review_at = roster(view, knowledge.policy.dose.point_event, concerned)
        review_at = sooner(review_at, signs.review_at)
        drugs = [active[name] for name in concerned if name in active and not active[name].local]
        if not drugs:
            return Judgement((), review_at)
        findings: list[Finding] = []
        for drug in drugs if signs.standing else ():
            finding, changes = _judge_drug(view, drug, signs.standing)
            review_at = sooner(review_at, changes)
            if finding is not None:
                findings.append(finding)
        names = tuple(drug.ingredient for drug in drugs)
        findings += [
            not_assessed(
                self.id,
                reason,
                f"ethanol|{entity}",
                "An ethanol result states no usable level.",
                (entity,),
                names,
            )
            for entity, reason in signs.unusable
        ]
        return Judgement(tuple(findings), review_at)


def _judge_drug(
    view: View, active: Active, signs: tuple[AlcoholSign, ...]
) -> tuple[Finding | None, datetime | None]:
    review_at: datetime | None = None
    best: tuple[tuple[bool, int, int], _Rule, Severity] | None = None
    matched: dict[str, AlcoholSign] = {}
    for rule in _rules(view.knowledge, active.ingredient):
        for sign in signs:
            severity = rule.row.tiers.get(sign.tier)
            acute, ends = _acute(view, rule, sign)
            review_at = earliest(view.now, review_at, ends)
            if acute is not None and (severity is None or acute.rank > severity.rank):
                severity = acute
            if severity is None:
                continue
            matched[sign.entity] = sign
            weight = (not rule.row.shadow, severity.rank, _STRENGTH[sign.tier])
            if best is None or weight > best[0]:
                best = (weight, rule, severity)
    if best is None:
        return None, review_at
    _, rule, severity = best
    if active.only_as_needed:
        severity = severity.stepped(-1)
    return _finding(view, active, rule, severity, tuple(matched.values())), review_at


def _acute(view: View, rule: _Rule, sign: AlcoholSign) -> tuple[Severity | None, datetime | None]:
    """The severity of a level that is still high, and when it will have fallen below the rule's bound."""
    if rule.acute_from is None or sign.level is None:
        return None, None
    ends = below_from(sign, rule.acute_from, view.knowledge.alcohol_evidence.decay_mg_dl_per_h)
    return (rule.row.acute_severity, ends) if view.now < ends else (None, None)


def _finding(
    view: View, active: Active, rule: _Rule, severity: Severity, signs: tuple[AlcoholSign, ...]
) -> Finding:
    row = rule.row
    ordered = sorted(signs, key=lambda sign: (-_STRENGTH[sign.tier], sign.at, sign.entity))
    listed: list[JsonValue] = [
        {"tier": sign.tier.value, "entity": sign.entity, "what": sign.text} for sign in ordered
    ]
    evidence: dict[str, JsonValue] = {
        "alcohol": listed,
        "drug": {
            "ingredient": active.ingredient,
            "entities": list(active.entities),
            "known_by_name_only": active.by_text,
            "only_as_needed_never_given": active.only_as_needed,
        },
        "falls_mg_dl_per_hour": str(view.knowledge.alcohol_evidence.decay_mg_dl_per_h),
    }
    return Finding(
        check=Alcohol.id,
        subject=active.ingredient,
        subjects=(active.ingredient,),
        severity=severity,
        text=f"{active.ingredient} with alcohol ({ordered[0].tier.value}: {ordered[0].text}). {row.action}",
        implicated=tuple(dict.fromkeys((*active.entities, *(sign.entity for sign in ordered)))),
        evidence=evidence,
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(active.ingredient),
    )
