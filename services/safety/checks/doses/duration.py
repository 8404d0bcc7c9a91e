"""Duration: a drug, or a dose that is for the first days, is given for longer than its rule allows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.amounts.daily_excess import DailyMost, daily_most
from services.safety.checks.doses.high_course import high_course
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.use.course import Course, course
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.duration import Duration

_DAY = 86_400
_SHOWN = 20
"""So many of a course's entities are named; a course may have hundreds of doses."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    row: Duration
    routes: frozenset[Route]
    source: SourceRef
    above: DailyMost | None


@lru_cache(maxsize=16_384)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row,
            frozenset(row.routes),
            source_ref(row),
            daily_most(row.daily_above, row.routes) if row.daily_above is not None else None,
        )
        for row in knowledge.rules_of(ingredient, Duration)
    )


class TreatmentDuration:
    """The present course of one ingredient against its longest one."""

    id = "duration"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses and orders."""
        return frozenset({"given", "orders"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a longest course."""
        return bool(knowledge.rules_of(ingredient, Duration))

    def judge(self, view: View, subject: str) -> Judgement:
        """A course that goes on and is too long already."""
        rules = _rules(view.knowledge, subject)
        if not rules:
            return SILENT
        found: list[Finding] = []
        instants: list[datetime | None] = []
        for rule in rules:
            row = rule.row
            if rule.above is None:
                present, changes = course(view, subject, rule.routes, row.gap)
            else:
                present, changes = high_course(view, subject, rule.above, row.gap)
            instants.append(changes)
            if present is None:
                continue
            instants.append(present.start + row.at_most)
            if present.reached - present.start >= row.at_most:
                found.append(_finding(view, subject, rule, present))
        return Judgement(the_worst(found), earliest(view.now, *instants))


def _finding(view: View, ingredient: str, rule: _Rule, present: Course) -> Finding:
    row = rule.row
    how = f"above {row.daily_above} a day" if row.daily_above is not None else "in use"
    return Finding(
        check=TreatmentDuration.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=Decimal(1),
        text=(
            f"{ingredient}: {how} since {view.clock(present.start)}; "
            f"at most {row.at_most.total_seconds() / _DAY:g} days. {row.action}"
        ),
        implicated=present.entities[:_SHOWN],
        evidence={
            "started_at": present.start.isoformat(),
            "days_at_most": f"{row.at_most.total_seconds() / _DAY:g}",
            "break_hours": f"{row.gap.total_seconds() / 3600:g}",
            "doses_and_orders": len(present.entities),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
