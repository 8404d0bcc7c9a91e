"""CNS depression: several classes of sedating drugs, and alcohol, act on a patient together.

A class counts when a drug of it was given within the window, or is scheduled; a drug ordered as needed and
not given does not count. A drug that belongs to several listed classes counts for the first of them. The
count is the house's policy, not a validated score. Age or kidney function that is not known raises nothing
and is said to be not known.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.activity import Active, activity
from services.safety.checks.alcohol_evidence import AlcoholSign, alcohol_signs
from services.safety.checks.coded_conditions import holding
from services.safety.checks.judgement import Finding, Judgement, View, earliest, sooner
from services.safety.checks.limits import reaches_age
from services.safety.checks.renal_function import egfr
from services.safety.knowledge.base import KnowledgeBase, source_ref


@lru_cache(maxsize=16_384)
def _sedating_class(knowledge: KnowledgeBase, ingredient: str) -> str | None:
    mine = knowledge.classes_of(ingredient)
    return next((name for name in knowledge.cns_load.classes if name in mine), None)


@lru_cache(maxsize=8)
def _inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    load, evidence = knowledge.cns_load, knowledge.alcohol_evidence
    codes = (code for tier in load.alcohol_tiers for code in evidence.codes.get(tier, ()))
    return frozenset({"given", "orders", "person", "conditions", *load.egfr_codes}) | {
        f"{code.system}|{code.code}" for code in codes
    }


class CnsDepression:
    """The number of sedating classes that act on a patient."""

    id = "cns-depression"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, age, conditions, eGFR and evidence of acute alcohol."""
        return _inputs(knowledge)

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for the patient when as many classes act as the policy lists."""
        ledger, knowledge = view.ledger, view.knowledge
        load = knowledge.cns_load
        review_at: datetime | None = None
        acting: dict[str, list[Active]] = {}
        for ingredient in {*ledger.given, *ledger.prescribed}:
            group = _sedating_class(knowledge, ingredient)
            if group is None:
                continue
            active, changes = activity(view, ingredient, load.window)
            review_at = sooner(review_at, changes)
            if active is not None and not active.local and (active.dosed or active.scheduled):
                acting.setdefault(group, []).append(active)
        if not acting:
            return Judgement((), review_at)
        signs: tuple[AlcoholSign, ...] = ()
        if load.alcohol_tiers:
            found = alcohol_signs(view)
            review_at = sooner(review_at, found.review_at)
            signs = tuple(sign for sign in found.standing if sign.tier in load.alcohol_tiers)
        count = len(acting) + bool(signs)
        reached = [number for number in load.severity_by_count if number <= count]
        if not reached:
            return Judgement((), review_at)
        severity = load.severity_by_count[max(reached)]
        raised, circumstances, changes = _circumstances(view, acting)
        review_at = sooner(review_at, changes)
        return Judgement((_finding(view, acting, signs, severity.stepped(raised), circumstances),), review_at)


def _circumstances(
    view: View, acting: Mapping[str, list[Active]]
) -> tuple[int, dict[str, JsonValue], datetime | None]:
    """How many steps age, kidneys or lungs raise the severity, what was found, and when that may change."""
    load = view.knowledge.cns_load
    if not any(one in acting and other in acting for one, other in load.step_up_pairs):
        return 0, {}, None
    reasons: list[JsonValue] = []
    unknown: list[JsonValue] = []
    review_at: datetime | None = None
    if load.step_up_age_from is not None:
        person = view.ledger.person
        if person is None or person.born_at is None:
            unknown.append("age")
        else:
            turns = reaches_age(person.born_at, load.step_up_age_from)
            review_at = earliest(view.now, turns)
            if turns <= view.now:
                reasons.append(f"age {plain(load.step_up_age_from)} or more")
    if load.step_up_egfr_below is not None:
        rate, changes = egfr(view, load.egfr_codes, load.egfr_valid_for)
        review_at = sooner(review_at, changes)
        if rate is None:
            unknown.append("eGFR")
        elif rate.value < load.step_up_egfr_below:
            reasons.append(f"eGFR {plain(rate.value)} below {plain(load.step_up_egfr_below)}")
    conditions, changes = holding(view, load.step_up_conditions)
    review_at = sooner(review_at, changes)
    reasons += [f"condition {code.system} {code.code}" for _, code in conditions]
    return int(bool(reasons)), {"raised_by": reasons, "not_known": unknown}, review_at


def _finding(
    view: View,
    acting: Mapping[str, list[Active]],
    signs: tuple[AlcoholSign, ...],
    severity: Severity,
    circumstances: dict[str, JsonValue],
) -> Finding:
    knowledge = view.knowledge
    load = knowledge.cns_load
    drugs = sorted((active for group in acting.values() for active in group), key=lambda a: a.ingredient)
    names = tuple(active.ingredient for active in drugs)
    groups: dict[str, JsonValue] = {
        group: [*sorted(active.ingredient for active in acting[group])] for group in sorted(acting)
    }
    entities = (entity for active in drugs for entity in active.entities)
    together = [*names, *(("alcohol",) if signs else ())]
    files = [knowledge.drug(name) for name in names]
    return Finding(
        check=CnsDepression.id,
        subject="",
        subjects=names,
        severity=severity,
        level=Decimal(len(together)),
        text=f"Sedating drugs act together: {', '.join(together)}. {load.action}",
        implicated=tuple(dict.fromkeys((*entities, *(sign.entity for sign in signs)))),
        evidence={
            "classes": groups,
            "count": len(acting) + bool(signs),
            "alcohol": [{"tier": sign.tier.value, "what": sign.text} for sign in signs],
            "known_by_name_only": [active.ingredient for active in drugs if active.by_text],
            "given": [active.ingredient for active in drugs if active.dosed],
            **circumstances,
        },
        sources=(source_ref(load),),
        shadow=load.shadow,
        high_alert=any(drug is not None and drug.high_alert for drug in files),
    )
