"""Loading dose: what is for the start of a drug alone is repeated, or goes on.

A start is a dose or a scheduled order after a break of the row's `gap`. From its `load_for` on a day may hold
the row's `daily_max`: doses from then on are added up, and what is scheduled then. Until then the limits of
the drug judge, which leave room for the loading. A drug as needed starts with the dose that is given.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import SourceRef
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
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.span_words import in_words
from services.safety.checks.use.course import Course, course
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.loading import Loading


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: Loading
    most: DailyMost
    source: SourceRef


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(row, daily_most(row.daily_max, row.routes), source_ref(row))
        for row in knowledge.rules_of(ingredient, Loading)
    )


class LoadingDoseRepeated:
    """Doses and orders of one ingredient after its loading is over."""

    id = "loading-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a loading dose."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders, and stays, which end infusions."""
        return frozenset({"given", "orders", "encounters"})

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst of what is too much for after the start."""
        rules = _rules(view.knowledge, subject)
        if not rules:
            return SILENT
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for rule in rules:
            use, changes = course(view, subject, rule.most.routes, rule.row.gap)
            reviews.append(changes)
            if use is None:
                continue
            over = use.start + rule.row.load_for
            reviews.append(over)
            if view.now < over:
                continue
            excess, changes = daily_excess(view, subject, rule.most, since=over)
            reviews.append(changes)
            if excess is not None:
                found.append(_finding(view, subject, rule, use, excess))
        return Judgement(the_worst(found), earliest(view.now, *reviews))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told, and under a scheduled order no day passes what may go on."""
        if held.findings or further.order.as_needed:
            return False
        spaced: Spaced | None = Spaced()
        for rule in _rules(view.knowledge, further.dose.ingredient):
            mine = day_stays_below(view, further, rule.most)
            if not mine:
                return False
            spaced = spaced.both(mine) if spaced and isinstance(mine, Spaced) else None
        return spaced or True


def _finding(view: View, ingredient: str, rule: _Rule, use: Course, excess: DailyExcess) -> Finding:
    row = rule.row
    return Finding(
        check=LoadingDoseRepeated.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=excess.amount / rule.most.value,
        text=(
            f"{ingredient}: {shown(excess.amount, row.daily_max)} {excess.how} per day{excess.ranged}; "
            f"at most {row.daily_max} after the first {in_words(row.load_for)}, and it was begun on "
            f"{view.clock(use.start)}. "
            f"{row.action}"
        ),
        implicated=excess.entities,
        evidence={
            **excess.evidence,
            "started_at": use.start.isoformat(),
            "unit": base_unit(rule.most.dimension),
            "total": plain(excess.amount),
            "limit": plain(rule.most.value),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient, row.routes),
    )
