"""Opioid load: all opioids of a patient together, as morphine by mouth per day.

What was given counts first: the doses by mouth of the window, each by its due time if it has one, and the
patches that are worn. What is scheduled counts as well where it is more. One issue for the patient; a further
opioid makes it worse. The figure speaks of risk: it is no dose to change one opioid for another by.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.further_dose import FurtherDose, RestsOnOthers
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, gravity, not_assessed, sooner
from services.safety.checks.opioids.opioid_doses import Doses, given
from services.safety.checks.opioids.opioid_equivalents import Equivalent, Uncounted, total
from services.safety.checks.opioids.opioid_orders import prescribed, scheduled
from services.safety.checks.opioids.opioid_rules import (
    LoadRule,
    groups,
    load_rules,
    opioids_among,
    sources_of,
    spoken_of,
)
from services.safety.checks.opioids.opioid_standing import (
    drafts_among,
    is_one_more,
    keeps_within,
    told_alike,
    told_until,
)
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.opioid_load import OpioidLoad


class OpioidsTogether(RestsOnOthers):
    """The day's morphine equivalents against the thresholds."""

    id = "opioid-load"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses and orders, where any row speaks."""
        return frozenset({"given", "orders"}) if load_rules(knowledge) else frozenset()

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs that a threshold speaks of."""
        return bool(knowledge.rules_of(ingredient, OpioidLoad))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """The worst threshold reached, and what could not be added up."""
        opioids = opioids_among(view.knowledge, present(view))
        if not opioids:
            return SILENT
        worst: Finding | None = None
        missing: dict[str, Finding] = {}
        ordered, review_at = prescribed(view, opioids)
        evident_until: datetime | None = None
        for rule in load_rules(view.knowledge):
            mine = spoken_of(view.knowledge, rule, opioids)
            doses = given(view, mine, rule.row.window)
            review_at = sooner(review_at, told_until(view, rule, doses, scheduled(view, mine)))
            evident_until = sooner(evident_until, doses.review_at)
            for finding in _missing(doses):
                missing.setdefault(finding.subject, finding)
            orders = tuple(part for part in ordered if part.ingredient in mine)
            if worst is not None and not worst.shadow and worst.severity.rank > rule.row.severity.rank:
                continue
            found = _finding(view.knowledge, rule, doses, orders)
            if found is not None and (worst is None or gravity(found) > gravity(worst)):
                worst = found
        told = (worst,) if worst is not None else ()
        return Judgement((*told, *missing.values()), review_at, evident_until)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where more is scheduled than given: of what was given, then only from what drugs it came counts. So
        of all that is given on time, where of no drug more was given than is scheduled. Asked anew where
        wards have rules of their own.
        """
        if view.wards is not None:
            return False
        on_time = timeless = True
        for rules, mine, window in groups(view.knowledge, opioids_among(view.knowledge, present(view))):
            if further.dose.ingredient not in mine:
                continue
            orders, doses = scheduled(view, mine), given(view, mine, window, further)
            if doses.kinds is None or doses.mme > orders.mme:
                return False
            ordered = [rule for rule in rules if orders.mme >= rule.row.mme]
            alike = told_alike(view, ordered, doses, orders, held)
            if not alike:
                reached = [rule for rule in ordered if doses.mme >= rule.row.mme]
                new = [rule for rule in reached if not is_one_more(view, rule, doses, further)]
                if not told_alike(view, new, doses, orders, held) or (
                    reached and drafts_among(view.knowledge, doses)
                ):
                    return False
            on_time = on_time and alike and keeps_within(view, window, orders, doses, further)
            # From a threshold on, which drugs were given is told: one that is missed changes it.
            timeless = timeless and not ordered and prescribed(view, mine)[1] is None
        if not on_time:
            return True
        least = 2 * view.knowledge.house.tolerance + timedelta.resolution
        return Spaced(least, on_time=True, timeless=timeless)


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
    knowledge: KnowledgeBase, rule: LoadRule, doses: Doses, orders: tuple[Equivalent, ...]
) -> Finding | None:
    row = rule.row
    scheduled = tuple(part for part in orders if not part.as_needed)
    was_given, is_scheduled = doses.mme, total(scheduled)
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
        sources=sources_of(knowledge, rule, [part.row.id for part in parts]),
        shadow=row.shadow or total(part for part in parts if not part.row.shadow) < row.mme,
        high_alert=any(map(knowledge.high_alert, by_drug)),
    )


def _names(parts: Iterable[Equivalent | Uncounted]) -> list[str]:
    return list(dict.fromkeys(part.ingredient for part in parts))


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
