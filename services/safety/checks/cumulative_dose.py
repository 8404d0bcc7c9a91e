"""Cumulative dose: more of an ingredient was given within a rolling window than its limit allows.

Up to the policy's hard factor an excess counts only if it also holds in the window shortened by the ward's tolerance:
a dose given a little early is no overdose. Beyond the factor the tolerance is ignored. A window that was over its
limit but became known only after it had passed is raised as retrospective, one severity lower, for the policy's time.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.limits import applicable, base_unit, bound, shown, under
from services.safety.checks.rolling_sum import Interval, counted, excesses, total
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Limit, LimitKind
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True)
class _Excess:
    interval: Interval
    severity: Severity


class CumulativeDose:
    """Given doses against the daily limits of one ingredient."""

    id = "cumulative-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, and the age where limits depend on it."""
        return frozenset({"given", "person"})

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess over any applicable daily limit that holds now or is newly known."""
        if subject not in view.ledger.given:
            return SILENT
        rows, age_missing = applicable(view, subject, LimitKind.DAILY)
        found: list[Finding] = []
        reviews: list[datetime | None] = []
        for row in rows:
            finding, review_at = _judge_row(view, subject, row)
            reviews.append(review_at)
            if finding is not None:
                found.append(finding)
        findings = (max(found, key=lambda f: (not f.shadow, f.severity.rank, f.level)),) if found else ()
        if age_missing:
            text = f"{subject}: some daily limits depend on age, and the birth date is not known."
            findings += (not_assessed(self.id, NotAssessedReason.MISSING_AGE, subject, text),)
        return Judgement(findings, earliest(view.now, *reviews))


def _judge_row(view: View, ingredient: str, row: Limit) -> tuple[Finding | None, datetime | None]:
    policy = view.knowledge.policy.dose
    since = view.now - policy.retrospective - row.window
    entries = view.ledger.given[ingredient].overlapping(since - row.window, datetime.max.replace(tzinfo=view.now.tzinfo))
    doses = under(row, entries)
    limit = bound(row.value).value
    hard = [_Excess(i, Severity.MAJOR) for i in excesses(doses, row.window, limit * policy.moderate_up_to)]
    soft = [_Excess(i, Severity.MODERATE) for i in excesses(doses, row.window - policy.tolerance, limit)]
    every = hard + soft
    if not every:
        return None, None
    review_at = earliest(
        view.now, *(b for e in every for b in (*e.interval, e.interval.end + policy.retrospective))
    )
    current = [e for e in every if e.interval.holds(view.now)]
    if current:
        worst = max(current, key=lambda e: e.severity.rank)
        return _finding(view, ingredient, row, doses, worst.severity, view.now, False), review_at
    late = [e for e in every if e.interval.end <= view.now < e.interval.end + policy.retrospective]
    late = [e for e in late if _known_at(doses, row, e.interval) >= e.interval.end]
    if late:
        worst = max(late, key=lambda e: (e.severity.rank, e.interval.start))
        return _finding(view, ingredient, row, doses, worst.severity.stepped(-1), worst.interval.start, True), review_at
    return None, review_at


def _known_at(doses: tuple[Given, ...], row: Limit, interval: Interval) -> datetime:
    parts = counted(doses, row.window, interval.start) or counted(doses, row.window, interval.end)
    return max((part.dose.received_at for part in parts), default=interval.start)


def _finding(
    view: View, ingredient: str, row: Limit, doses: tuple[Given, ...], severity: Severity, until: datetime, late: bool
) -> Finding:
    parts = counted(doses, row.window, until)
    amount = total(parts)
    limit = bound(row.value)
    drug = view.knowledge.drug(ingredient)
    hours = plain(Decimal(int(row.window.total_seconds())) / 3600)
    when = f" in the {hours} h up to {until:%Y-%m-%d %H:%M} UTC" if late else f" in the last {hours} h"
    listed: list[JsonValue] = [
        {
            "entity": part.dose.entity,
            "start": part.dose.start.isoformat(),
            "end": part.dose.end.isoformat(),
            "stated": part.dose.stated,
            "counted": plain(round(part.amount, 9).normalize() + 0),
        }
        for part in parts
    ]
    return Finding(
        check=CumulativeDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=amount / limit.value,
        text=f"{ingredient}: {shown(amount, row.value)} given{when}; limit {row.value}. {row.action}",
        implicated=tuple(part.dose.entity for part in parts),
        evidence={
            "window": {"after": (until - row.window).isoformat(), "until": until.isoformat()},
            "doses": listed,
            "unit": base_unit(limit.dimension),
            "total": plain(amount),
            "limit": plain(limit.value),
            "tolerance_minutes": int(view.knowledge.policy.dose.tolerance.total_seconds() // 60),
        },
        sources=(source_ref(row),),
        shadow=row.shadow,
        high_alert=bool(drug and drug.high_alert),
        retrospective=late,
    )
