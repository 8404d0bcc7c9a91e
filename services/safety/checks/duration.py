"""Duration: a drug is given without a break for longer than its rule allows."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Route
from schemas.issues import SourceRef
from services.safety.checks.course import Course, course
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.duration import Duration

_DAY = 86_400
_SHOWN = 20
"""So many of a course's entities are named; a course may have hundreds of doses."""


@lru_cache(maxsize=16_384)
def _rules(
    knowledge: KnowledgeBase, ingredient: str
) -> tuple[tuple[Duration, frozenset[Route], SourceRef], ...]:
    rows = knowledge.rules_of(ingredient, Duration)
    return tuple((row, frozenset(row.routes), source_ref(row)) for row in rows)


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
        for row, routes, source in rules:
            present, changes = course(view, subject, routes, row.gap)
            instants.append(changes)
            if present is None:
                continue
            instants.append(present.start + row.at_most)
            if present.reached - present.start >= row.at_most:
                found.append(_finding(view, subject, row, source, present))
        return Judgement(the_worst(found), earliest(view.now, *instants))


def _finding(view: View, ingredient: str, row: Duration, source: SourceRef, present: Course) -> Finding:
    return Finding(
        check=TreatmentDuration.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=row.severity,
        level=Decimal(1),
        text=(
            f"{ingredient}: in use since {present.start:%Y-%m-%d %H:%M} UTC; "
            f"at most {row.at_most.total_seconds() / _DAY:g} days. {row.action}"
        ),
        implicated=present.entities[:_SHOWN],
        evidence={
            "started_at": present.start.isoformat(),
            "days_at_most": f"{row.at_most.total_seconds() / _DAY:g}",
            "break_hours": f"{row.gap.total_seconds() / 3600:g}",
            "doses_and_orders": len(present.entities),
        },
        sources=(source,),
        shadow=row.shadow,
        high_alert=view.knowledge.high_alert(ingredient),
    )
