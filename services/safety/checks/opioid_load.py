"""Opioid load: all opioids of a patient together, as morphine by mouth per day.

What was given counts first: the doses by mouth of the window, each by its due time if it has one, and the
patches that are worn. What is scheduled counts as well where it is more. One issue for the patient; a further
opioid makes it worse. The figure speaks of risk: it is no dose to change one opioid for another by.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import SourceRef
from schemas.quantities import plain
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, gravity, not_assessed, sooner
from services.safety.checks.opioid_doses import (
    Doses,
    Equivalent,
    Uncounted,
    given,
    is_patch,
    total,
)
from services.safety.checks.opioid_orders import kinds_of, prescribed, scheduled
from services.safety.checks.roster import present
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.knowledge.kinds.opioid_load import OpioidLoad


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: OpioidLoad
    source: SourceRef


@lru_cache(maxsize=64)
def _rules(knowledge: KnowledgeBase) -> tuple[_Rule, ...]:
    """The rows, the gravest first."""
    rows = sorted(knowledge.rules_of_kind(OpioidLoad), key=lambda row: -row.severity.rank)
    return tuple(_Rule(row, source_ref(row)) for row in rows)


@lru_cache(maxsize=8_192)
def _opioids(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(ingredients) if knowledge.rules_of(name, OpioidLoad))


@lru_cache(maxsize=8_192)
def _selected(knowledge: KnowledgeBase, rule: _Rule, opioids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in opioids if knowledge.selected(rule.row.subject, name))


class OpioidsTogether:
    """The day's morphine equivalents against the thresholds."""

    id = "opioid-load"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, where any row speaks."""
        return frozenset({"given", "orders"}) if _rules(knowledge) else frozenset()

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that a threshold speaks of."""
        return bool(knowledge.rules_of(ingredient, OpioidLoad))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """The worst threshold reached, and what could not be added up."""
        opioids = _opioids(view.knowledge, present(view))
        if not opioids:
            return SILENT
        worst: Finding | None = None
        missing: dict[str, Finding] = {}
        review_at: datetime | None = None
        ordered = prescribed(view, opioids)
        for rule in _rules(view.knowledge):
            mine = _selected(view.knowledge, rule, opioids)
            doses = given(view, mine, rule.row.window)
            review_at = sooner(sooner(review_at, doses.review_at), ordered.review_at)
            for finding in _missing(doses):
                missing.setdefault(finding.subject, finding)
            orders = tuple(part for part in ordered.counted if part.ingredient in mine)
            if worst is not None and not worst.shadow and worst.severity.rank > rule.row.severity.rank:
                continue
            found = _finding(view.knowledge, rule, doses, orders)
            if found is not None and (worst is None or gravity(found) > gravity(worst)):
                worst = found
        told = (worst,) if worst is not None else ()
        return Judgement((*told, *missing.values()), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool:
        """Where more is scheduled than given: of what was given, then only from what drugs it came counts."""
        knowledge = view.knowledge
        if is_patch(knowledge, further.dose):
            return False
        opioids = _opioids(knowledge, present(view))
        about: tuple[tuple[str, ...], timedelta] | None = None
        for rule in _rules(knowledge):
            mine, window = _selected(knowledge, rule, opioids), rule.row.window
            if about != (mine, window):
                about = mine, window
                orders, doses = scheduled(view, mine), given(view, mine, window, further)
                was_given = total(doses.counted)
                if doses.uncounted or was_given > orders.mme:
                    return False
                part = _part(further, doses)
                kinds = kinds_of(doses.counted)
                sure = _drafts(knowledge).isdisjoint(row for _, row in kinds)
                one_of_many = _one_of_many(part, doses)
            if part is None or was_given < rule.row.mme:
                continue
            without = one_of_many and was_given - part.mme >= rule.row.mme
            alike = without or (kinds == orders.kinds and _told_alike(knowledge, rule, part, doses, held))
            if not (sure and alike):
                return False
        return True


def _part(further: FurtherDose, doses: Doses) -> Equivalent | None:
    """What a further dose, most likely the last of all, stands for."""
    entity = further.dose.entity
    return next((part for part in reversed(doses.counted) if part.entity == entity), None)


def _one_of_many(mine: Equivalent | None, doses: Doses) -> bool:
    """Whether beside a dose others were given of the same drug by the same row."""
    if mine is None:
        return False
    drug, row, entity = mine.ingredient, mine.row, mine.entity
    alike = (part for part in doses.counted if part.row is row and part.ingredient == drug)
    return any(part.entity != entity for part in alike)


def _told_alike(
    knowledge: KnowledgeBase, rule: _Rule, mine: Equivalent, doses: Doses, held: Judgement
) -> bool:
    """Whether what was given tells the same drugs by the same rows as the answer held, as long as it is held:
    a further dose that leaves the sum before its review might take a drug along.
    """
    told = next((finding for finding in held.findings if finding.reason is None), None)
    if told is None or held.review_at is None or mine.counts is None or mine.counts.until < held.review_at:
        return False
    if told.sources[0] is not rule.source:
        return not told.shadow and told.severity.rank > rule.row.severity.rank
    drugs = tuple(sorted({part.ingredient for part in doses.counted}))
    return told.subjects == drugs and told.sources == _from(knowledge, rule, doses.counted)


@lru_cache(maxsize=8)
def _drafts(knowledge: KnowledgeBase) -> frozenset[str]:
    """The ids of the factors that are drafts."""
    return frozenset(row.id for row in knowledge.rules_of_kind(MmeFactor) if row.shadow)


def _missing(doses: Doses) -> Iterable[Finding]:
    """Doses that should count and whose record does not say enough, by reason."""
    by_reason = {one.reason: None for one in doses.uncounted if one.reason is not None}
    for reason in by_reason:
        mine = [one for one in doses.uncounted if one.reason is reason]
        drugs = tuple(dict.fromkeys(one.ingredient for one in mine))
        yield not_assessed(
            OpioidsTogether.id,
            reason,
            "opioid load",
            f"The opioid load may be higher than it seems: {', '.join(drugs)} could not be added up.",
            tuple(one.entity for one in mine),
            drugs,
        )


def _finding(
    knowledge: KnowledgeBase, rule: _Rule, doses: Doses, orders: tuple[Equivalent, ...]
) -> Finding | None:
    row = rule.row
    scheduled = tuple(part for part in orders if not part.as_needed)
    was_given, is_scheduled = total(doses.counted), total(scheduled)
    highest = max(was_given, is_scheduled)
    if highest < row.mme:
        return None
    if was_given >= row.mme:
        parts, how = doses.counted, f"given in {int(row.window.total_seconds() // 3600)} h"
        other = f"; {plain(is_scheduled)} scheduled" if is_scheduled else ""
    else:
        parts, how = scheduled, "scheduled per day"
        other = f"; {plain(was_given)} given so far"
    of_drug: dict[str, list[Equivalent]] = {}
    for part in parts:
        of_drug.setdefault(part.ingredient, []).append(part)
    by_drug = {name: total(mine) for name, mine in of_drug.items()}
    shares = ", ".join(f"{name} {plain(mme)}" for name, mme in by_drug.items())
    left_out = _names(doses.uncounted)
    note = f" Not counted in part: {', '.join(left_out)}." if left_out else ""
    rest = (one.entity for one in doses.uncounted)
    tables: list[JsonValue] = [*sorted({part.row.table for part in (*doses.counted, *orders)})]
    return Finding(
        check=OpioidsTogether.id,
        subject="",
        subjects=tuple(sorted({*by_drug, *left_out})),
        severity=row.severity,
        level=highest / row.mme,
        text=(
            f"Opioids add up to {plain(highest)} MME {how} ({shares}){other}; second look from "
            f"{plain(row.mme)}.{note} {row.action}"
        ),
        implicated=tuple(dict.fromkeys((*(part.entity for part in parts), *rest))),
        evidence={
            "doses": [_shown(part) for part in doses.counted],
            "orders": [_shown(part) | {"as_needed": part.as_needed} for part in orders],
            "not_counted": [
                {"entity": one.entity, "ingredient": one.ingredient, "why": one.why}
                for one in doses.uncounted
            ],
            "tables": tables,
            "unit": "MME",
            "window_hours": int(row.window.total_seconds() // 3600),
            "given": plain(was_given),
            "scheduled": plain(is_scheduled),
            "total": plain(highest),
            "limit": plain(row.mme),
        },
        sources=_from(knowledge, rule, parts),
        shadow=row.shadow or total(part for part in parts if not part.row.shadow) < row.mme,
        high_alert=any(map(knowledge.high_alert, by_drug)),
    )


def _names(parts: Iterable[Equivalent | Uncounted]) -> list[str]:
    return list(dict.fromkeys(part.ingredient for part in parts))


def _from(knowledge: KnowledgeBase, rule: _Rule, parts: Iterable[Equivalent]) -> tuple[SourceRef, ...]:
    """The source of a threshold and those of the factors, each once."""
    rows = dict.fromkeys(part.row.id for part in parts)
    return (rule.source, *(_sources(knowledge)[each] for each in rows))


@lru_cache(maxsize=8)
def _sources(knowledge: KnowledgeBase) -> Mapping[str, SourceRef]:
    """Where the factors are from, by their rows."""
    return {row.id: source_ref(row) for row in knowledge.rules_of_kind(MmeFactor)}


@lru_cache(maxsize=20_000)
def _shown(part: Equivalent) -> dict[str, JsonValue]:
    due = part.counts.due if part.counts is not None else None
    counted_at: dict[str, JsonValue] = {"counted_at": due.isoformat()} if due and due != part.start else {}
    return counted_at | {
        "entity": part.entity,
        "ingredient": part.ingredient,
        "start": part.start.isoformat(),
        "stated": part.stated,
        "amount": plain(part.amount),
        "amount_unit": "ug/h" if part.row.worn_for is not None else "mg",
        "factor": plain(part.row.factor) if part.row.factor is not None else "",
        "counted": plain(part.mme),
    }
