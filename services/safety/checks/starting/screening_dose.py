"""Screening dose: a trial dose before a pump is larger than the one whose turn it is.

Which one it is goes by how many are on record; a trial that began elsewhere looks as if it began here, and
the text says what it rests on. What is larger than the last of them is the story of the single dose. Told for
the policy's point-event time after the dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Route
from schemas.issues import SourceRef
from schemas.quantities import base, plain
from services.safety.checks.amounts.limits import base_unit, shown
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.checks.span_words import in_words
from services.safety.checks.starting.pumps import at_once, is_by, pumped
from services.safety.checks.use.course import Span
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.screening_dose import ScreeningDose
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A row made ready for arithmetic: `most` in the base unit of `dimension`, one for each dose."""

    row: ScreeningDose
    routes: frozenset[Route]
    most: tuple[Decimal, ...]
    dimension: str
    source: SourceRef


@lru_cache(maxsize=4_096)
def _rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[_Rule, ...]:
    found = []
    for row in knowledge.rules_of(ingredient, ScreeningDose):
        stated = [base(dose.value, dose.unit) for dose in row.doses]
        most = tuple(value for value, _ in stated)
        found.append(_Rule(row, frozenset(row.routes), most, stated[0][1], source_ref(row)))
    return tuple(found)


class ScreeningDoseTooHigh:
    """The trial doses of one ingredient, each by its turn."""

    id = "screening-dose"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs of which a pump follows a trial."""
        return bool(_rules(knowledge, ingredient))

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, and the orders of pumps; nothing without a row."""
        return frozenset({"given", "orders"} if knowledge.rules_of_kind(ScreeningDose) else ())

    def judge(self, view: View, subject: str) -> Judgement:
        """The trial dose of the last day that was too large for its turn."""
        timeline = view.ledger.given.get(subject)
        rules = _rules(view.knowledge, subject)
        if timeline is None or not rules:
            return SILENT
        found: list[Finding] = []
        reviews: list[datetime | None] = [timeline.next_after(view.now)]
        for rule in rules:
            pump = tuple(pumped(view, subject, rule.routes))
            trial = [dose for dose in at_once(view, subject, rule.routes) if not _during(rule, pump, dose)]
            for dose in trial:
                ends = dose.start + view.knowledge.policy.dose.point_event
                if dose.start <= view.now < ends:
                    reviews.append(ends)
                    found += _judged(view, subject, rule, trial, dose)
        return Judgement(the_worst(found), earliest(view.now, *reviews))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """After a dose that is not given where a trial is: no other is looked at."""
        rules = _rules(view.knowledge, further.dose.ingredient)
        return not any(is_by(further.dose, rule.routes) for rule in rules) and Spaced()


def _during(rule: _Rule, pump: Sequence[Span], dose: Given) -> bool:
    """Whether a pump gave at the time of a dose, or shortly before."""
    return any(
        start <= dose.start and (until is None or dose.start < until + rule.row.gap)
        for start, until, _ in pump
    )


def _judged(view: View, ingredient: str, rule: _Rule, trial: Sequence[Given], dose: Given) -> list[Finding]:
    amount, since = dose.amount, dose.start - rule.row.within
    before = [each for each in trial if since < each.start < dose.start]
    most = rule.most[min(len(before), len(rule.most) - 1)]
    if amount is None or amount.dimension != rule.dimension or not most < amount.value <= rule.most[-1]:
        return []
    row, limit = rule.row, rule.row.doses[min(len(before), len(rule.most) - 1)]
    number = len(before) + 1
    return [
        Finding(
            check=ScreeningDoseTooHigh.id,
            subject=ingredient,
            subjects=(ingredient,),
            severity=row.severity,
            level=amount.value / most,
            text=(
                f"{ingredient}: {shown(amount.value, limit)} given as screening dose {number} on record in "
                f"{in_words(row.within)}; at most {limit} as number {number}. {row.action}"
            ),
            implicated=(dose.entity, *(each.entity for each in before)),
            evidence={
                "doses": [
                    {
                        "entity": dose.entity,
                        "start": dose.start.isoformat(),
                        "stated": dose.stated,
                        "counted": plain(amount.value),
                    }
                ],
                "before": [each.entity for each in before],
                "unit": base_unit(rule.dimension),
                "total": plain(amount.value),
                "limit": plain(most),
            },
            sources=(rule.source,),
            shadow=row.shadow,
            high_alert=view.knowledge.high_alert(ingredient, row.routes),
        )
    ]
