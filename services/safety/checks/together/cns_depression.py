"""CNS depression: several classes of sedating drugs, and alcohol, act on a patient together.

A class counts when a drug of it was given within the window, or is scheduled; a drug ordered as needed and
not given does not count. A drug that belongs to several listed classes counts for the first of them. The
count is the house's policy, not a validated score. Age or kidney function that is not known raises nothing
and is said to be not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.quantities import plain
from services.safety.checks.further_dose import AsksOfAsNeeded, FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, sooner
from services.safety.checks.patient.coded_conditions import holding
from services.safety.checks.patient.measured import codes_of, measured
from services.safety.checks.patient.years_of_age import reaches_age
from services.safety.checks.remembering import Remembered
from services.safety.checks.together.alcohol_evidence import AlcoholSign, alcohol_signs
from services.safety.checks.use.activity import Active
from services.safety.checks.use.roster import present, roster
from services.safety.knowledge.base import KnowledgeBase, source_ref

_EGFR = "egfr"


@lru_cache(maxsize=8_192)
def _sedating(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> Mapping[str, str]:
    """The sedating drugs among some in name order, each with the first listed class that it belongs to."""
    found: dict[str, str] = {}
    for ingredient in sorted(ingredients):
        mine = knowledge.classes_of(ingredient)
        group = next((name for name in knowledge.cns_load.classes if name in mine), None)
        if group is not None:
            found[ingredient] = group
    return found


@lru_cache(maxsize=8)
def _inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    load, evidence = knowledge.cns_load, knowledge.alcohol_evidence
    told = evidence.codes.values() if load.alcohol_tiers else ()
    codes = (code for tier in told for code in tier)
    kidneys = codes_of(knowledge, _EGFR)
    return (
        frozenset({"given", "orders", "person", "conditions", "encounters"})
        | kidneys
        | {f"{code.system}|{code.code}" for code in codes}
    )


@lru_cache(maxsize=8)
def _source(knowledge: KnowledgeBase) -> SourceRef:
    return source_ref(knowledge.cns_load)


class CnsDepression(AsksOfAsNeeded):
    """The number of sedating classes that act on a patient."""

    id = "cns-depression"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, age, conditions, eGFR and evidence of alcohol, whose review is of all tiers."""
        return _inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Sedating drugs."""
        return knowledge.sedating(ingredient)

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for the patient when as many classes act as the policy lists."""
        knowledge = view.knowledge
        load = knowledge.cns_load
        sedating = _sedating(knowledge, present(view))
        if not sedating:
            return SILENT
        active, review_at = roster(view, load.window, sedating)
        drugs = [
            (group, drug)
            for name, group in sedating.items()
            if (drug := active.get(name)) is not None and not drug.local and (drug.dosed or drug.scheduled)
        ]
        if not drugs:
            return Judgement((), review_at)
        signs: tuple[AlcoholSign, ...] = ()
        if load.alcohol_tiers:
            found = alcohol_signs(view)
            review_at = sooner(review_at, found.review_at)
            signs = tuple(sign for sign in found.standing if sign.tier in load.alcohol_tiers)
        groups = frozenset(group for group, _ in drugs)
        count = len(groups) + bool(signs)
        if count < min(load.severity_by_count):
            return Judgement((), review_at)
        severity = load.severity_by_count[max(n for n in load.severity_by_count if n <= count)]
        around, changes = _circumstances(view, groups)
        review_at = sooner(review_at, changes)
        severity = severity.stepped(1 if around.raised_by else 0)
        return Judgement((_told(view, tuple(drugs), signs, severity, around),), review_at)

    def stands_as_needed(self, view: View, further: FurtherDose, held: Judgement) -> bool:  # noqa: ARG002
        """Where the drug counted before by the dose before; a scheduled one does by its order."""
        return view.now < further.before.end + view.knowledge.cns_load.window


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What raises the severity a step, and what could not be looked at because it is not known."""

    raised_by: tuple[str, ...] = ()
    not_known: tuple[str, ...] = ()


_remembered: Remembered[_Circumstances] = Remembered(5_000)


def _circumstances(view: View, groups: frozenset[str]) -> tuple[_Circumstances, datetime | None]:
    """Age, kidneys and lungs, where a pair of classes is listed for which they matter; when that changes."""
    load = view.knowledge.cns_load
    if not any(one in groups and other in groups for one, other in load.step_up_pairs):
        return _Circumstances(), None
    ledger = view.ledger
    about = (ledger.observed, ledger.conditions, ledger.encounters, ledger.person, view.knowledge)
    return _remembered(view.now, about, (), lambda: _around(view))


def _around(view: View) -> tuple[_Circumstances, datetime | None]:
    load = view.knowledge.cns_load
    reasons: list[str] = []
    unknown: list[str] = []
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
        kidneys, changes = measured(view, _EGFR)
        review_at = sooner(review_at, changes)
        rate = kidneys.reading
        if rate is None:
            unknown.append("eGFR")
        elif rate.value < load.step_up_egfr_below:
            reasons.append(f"eGFR {plain(rate.value)} below {plain(load.step_up_egfr_below)}")
    conditions, changes = holding(view, load.step_up_conditions)
    review_at = sooner(review_at, changes)
    reasons += [f"condition {code.system} {code.code}" for _, code in conditions]
    return _Circumstances(tuple(reasons), tuple(unknown)), review_at


_found: Remembered[Finding] = Remembered(20_000)


def _told(
    view: View,
    drugs: tuple[tuple[str, Active], ...],
    signs: tuple[AlcoholSign, ...],
    severity: Severity,
    around: _Circumstances,
) -> Finding:
    """The finding, the same one while the same drugs are active in the same circumstances."""
    actives = tuple(active for _, active in drugs)
    key = (*map(id, actives), id(view.knowledge), signs, severity, around)
    known = _found.known(view.now, key)
    if known is None:
        found = _finding(view.knowledge, drugs, signs, severity, around)
        known = _found.keep(view.now, key, (actives, view.knowledge), found, None)
    return known[0]


def _finding(
    knowledge: KnowledgeBase,
    drugs: tuple[tuple[str, Active], ...],
    signs: tuple[AlcoholSign, ...],
    severity: Severity,
    around: _Circumstances,
) -> Finding:
    load = knowledge.cns_load
    names = tuple(active.ingredient for _, active in drugs)
    groups: dict[str, JsonValue] = {
        name: [active.ingredient for group, active in drugs if group == name]
        for name in sorted({group for group, _ in drugs})
    }
    entities = (entity for _, active in drugs for entity in active.entities)
    together = [*names, *(("alcohol",) if signs else ())]
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
            "count": len(groups) + bool(signs),
            "alcohol": [{"tier": sign.tier.value, "what": sign.text} for sign in signs],
            "known_by_name_only": [active.ingredient for _, active in drugs if active.by_text],
            "given": [active.ingredient for _, active in drugs if active.dosed],
            "raised_by": list(around.raised_by),
            "not_known": list(around.not_known),
        },
        sources=(_source(knowledge),),
        shadow=load.shadow,
        high_alert=any(map(knowledge.high_alert, names)),
    )
