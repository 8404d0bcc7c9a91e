"""Adverse effect: what is seen in a patient may come from a drug that was begun or raised shortly before.

The effect is told for as long after its last report as it counts after a begin or a rise. Reports on several
days persist; days are those of UTC. An effect that was there before the drug is none of the drug's.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import NotAssessedReason, SourceRef
from schemas.medications import Route
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import (
    SILENT,
    Finding,
    Judgement,
    View,
    earliest,
    gravity,
    not_assessed,
    sooner,
)
from services.safety.checks.spaced import Spaced
from services.safety.checks.watching.begun_or_raised import Change, changes
from services.safety.checks.watching.reported_signs import Report, reports
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.after_effect import AfterEffect
from services.safety.knowledge.models import Code


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: AfterEffect
    routes: frozenset[Route]
    source: SourceRef
    high_alert: bool


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, frozenset(row.routes), source_ref(row), knowledge.high_alert(ingredient, row.routes))
        for row in knowledge.rules_of(ingredient, AfterEffect)
    )


@lru_cache(maxsize=64)
def _inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    rows = knowledge.rules_of_kind(AfterEffect)
    if not rows:
        return frozenset()
    codes: frozenset[Code] = frozenset(sign.code for row in rows for sign in row.signs)
    return codes | {"given", "orders", "conditions"}


class AdverseEffect:
    """The reports of each effect against the begins and rises of one drug."""

    id = "adverse-effect"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, conditions, and the codes of the signs, where any row speaks."""
        return _inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row."""
        return bool(_rules(knowledge, ingredient))

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for each effect that the drug may explain, by the worst row that speaks of it."""
        worst: dict[str, Finding] = {}
        review_at: datetime | None = None
        for rule in _rules(view.knowledge, subject):
            found, changes_at = _judge(view, subject, rule)
            review_at = sooner(review_at, changes_at)
            for finding in found:
                known = worst.get(finding.subject)
                if known is None or gravity(finding) > gravity(known):
                    worst[finding.subject] = finding
        if not worst and review_at is None:
            return SILENT
        return Judgement(tuple(worst[key] for key in sorted(worst)), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """Where the dose before is too near for this one to begin anything, as while its use goes on."""
        before = further.before
        if not before.done or before.kind is not further.dose.kind:
            return False
        gap = min((rule.row.gap for rule in _rules(view.knowledge, further.dose.ingredient)), default=None)
        return (gap is None or view.now < before.end + gap) and Spaced(within=gap)


def _judge(view: View, ingredient: str, rule: _Rule) -> tuple[list[Finding], datetime | None]:
    row = rule.row
    told = reports(view, row, 2 * row.within)
    if not told.seen and not told.unreadable:
        return [], told.review_at
    known, next_at = changes(view, ingredient, rule.routes, row.gap, view.now - 3 * row.within)
    ends = (report.at + row.within for report in told.seen)
    falls_out = (change.at + 3 * row.within for change in known)
    review_at = earliest(view.now, told.review_at, next_at, *ends, *falls_out)
    found: list[Finding] = []
    if told.unreadable and known:
        found.append(_unreadable(ingredient, row, told.unreadable))
    for place, report in enumerate(told.seen):
        cause = next((c for c in reversed(known) if c.at <= report.at <= c.at + row.within), None)
        if cause is not None:
            since = told.seen[place:]
            if since[-1].at + row.within > view.now:
                found.append(_finding(view, ingredient, rule, cause, since))
            break
    return found, review_at


def _unreadable(ingredient: str, row: AfterEffect, entities: tuple[str, ...]) -> Finding:
    return not_assessed(
        AdverseEffect.id,
        NotAssessedReason.UNKNOWN_UNIT,
        f"{row.effect} after {ingredient}",
        f"{row.effect.capitalize()} after {ingredient} cannot be judged: a value has an unknown unit.",
        entities,
        (ingredient,),
    )


def _finding(view: View, ingredient: str, rule: _Rule, cause: Change, seen: tuple[Report, ...]) -> Finding:
    row = rule.row
    days = sorted({report.at.date() for report in seen})
    persists = len(days) >= row.persists_on
    how = "raised" if cause.raised else "begun"
    again = f", on {len(days)} days so far" if persists else ""
    listed: list[JsonValue] = [
        {"entity": report.entity, "at": report.at.isoformat(), "said": report.said} for report in seen
    ]
    return Finding(
        check=AdverseEffect.id,
        subject=f"{ingredient}|{row.effect}",
        subjects=(ingredient,),
        severity=row.severity_persisting if persists else row.severity,
        level=Decimal(len(days)),
        text=(
            f"{row.effect.capitalize()} at {view.clock(seen[-1].at)}{again}; {ingredient} was {how} "
            f"at {view.clock(cause.at)} and may explain it. {row.action}"
        ),
        implicated=tuple(dict.fromkeys((*cause.entities, *(report.entity for report in seen)))),
        evidence={
            "effect": row.effect,
            "reports": listed,
            "days": len(days),
            "cause": {"at": cause.at.isoformat(), "what": how, "entities": list(cause.entities)},
            "within_hours": int(row.within.total_seconds() // 3600),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
