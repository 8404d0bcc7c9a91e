"""Cumulative dose: more of an ingredient was given within a rolling window than its limit allows.

Up to the policy's hard factor an excess counts only if it also holds in the window shortened by the ward's
tolerance: a dose given a little early is no overdose. Beyond the factor the tolerance is ignored. A window
that was over its limit but became known only after it had passed is raised as retrospective, one severity
lower, for the policy's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.applicability import age_inputs, applicable
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.limits import Rule, base_unit, shown
from services.safety.checks.rolling_sum import Interval, counted, excesses, most, peak
from services.safety.checks.shown_doses import shown_doses, shown_window
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline


@dataclass(frozen=True, slots=True)
class _Excess:
    interval: Interval
    severity: Severity


class CumulativeDose:
    """Given doses against the daily limits of one ingredient."""

    id = "cumulative-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, and the age and weight where limits depend on them."""
        return frozenset({"given"}) | age_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a daily limit."""
        return bool(knowledge.limits(ingredient, LimitKind.DAILY))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst excess over any applicable daily limit that holds now or is newly known."""
        timeline = view.ledger.given.get(subject)
        if timeline is None:
            return SILENT
        limits = applicable(view, subject, LimitKind.DAILY)
        rules, turns = limits.rules, limits.review_at
        if not rules:
            return SILENT if turns is None else Judgement((), turns)
        found: list[Finding] = []
        reviews: list[datetime | None] = [turns, timeline.next_after(view.now)]
        for rule in rules:
            finding, review_at = _judge_rule(view, subject, timeline, rule)
            reviews.append(review_at)
            if finding is not None:
                found.append(finding)
        return Judgement(the_worst(found), earliest(view.now, *reviews))


def _judge_rule(
    view: View, ingredient: str, timeline: Timeline[Given], rule: Rule
) -> tuple[Finding | None, datetime | None]:
    """Only doses that have begun are seen, so that every further one is a change or a review."""
    policy = view.knowledge.policy.dose
    doses = rule.under(timeline.overlapping(view.now - policy.retrospective - 2 * rule.window, view.now))
    highest = most(doses, rule.window)
    if highest <= rule.value:
        return None, None
    soft = excesses(doses, rule.window - policy.tolerance, rule.value)
    hard = excesses(doses, rule.window, rule.hard) if highest > rule.hard else []
    if not soft and not hard:
        return None, None
    every = [_Excess(i, Severity.MAJOR) for i in hard] + [_Excess(i, Severity.MODERATE) for i in soft]
    review_at = earliest(
        view.now, *(i for e in every for i in (*e.interval, e.interval.end + policy.retrospective))
    )
    current = [e for e in every if e.interval.holds(view.now)]
    if current:
        worst = max(current, key=lambda e: e.severity.rank)
        span = Interval(max(worst.interval.start, _last_begun(doses)), worst.interval.end)
        return _finding(view, ingredient, rule, doses, worst.severity, span, late=False), review_at
    late = [
        e
        for e in every
        if e.interval.end <= view.now < e.interval.end + policy.retrospective
        and _known_at(doses, rule, e.interval) >= e.interval.end
    ]
    if not late:
        return None, review_at
    worst = max(late, key=lambda e: (e.severity.rank, e.interval.start))
    span = _recent(worst.interval, rule.window)
    severity = worst.severity.stepped(-1)
    return _finding(view, ingredient, rule, doses, severity, span, late=True), review_at


def _last_begun(doses: Sequence[Given]) -> datetime:
    """Until the next dose begins, the largest sum lies between here and the end of the excess."""
    return max(dose.start for dose in doses)


def _recent(interval: Interval, window: timedelta) -> Interval:
    """The last window's length of an excess: all that can still be recomputed while it is shown."""
    return Interval(max(interval.start, interval.end - window), interval.end)


def _known_at(doses: Sequence[Given], rule: Rule, interval: Interval) -> datetime:
    parts = counted(doses, rule.window, _recent(interval, rule.window).start)
    return max((part.dose.received_at for part in parts), default=interval.start)


def _finding(
    view: View,
    ingredient: str,
    rule: Rule,
    doses: Sequence[Given],
    severity: Severity,
    span: Interval,
    *,
    late: bool,
) -> Finding:
    until, amount = peak(doses, rule.window, span)
    parts = counted(doses, rule.window, until)
    row = rule.row
    hours = plain(Decimal(int(rule.window.total_seconds())) / 3600)
    begun = max(part.dose.start for part in parts)
    running = max(part.dose.end for part in parts) > begun and until > begun
    how = "given or running in" if running else "given in"
    return Finding(
        check=CumulativeDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=severity,
        level=amount / rule.value,
        text=(
            f"{ingredient}: {shown(amount, row.value)} {how} the {hours} h up to {until:%Y-%m-%d %H:%M} UTC; "
            f"limit {rule.said}. {row.action}"
        ),
        implicated=(*(part.dose.entity for part in parts), *rule.rests_on),
        evidence={
            "window": shown_window(rule.window, until),
            "doses": shown_doses(parts),
            "unit": base_unit(rule.dimension),
            "total": plain(amount),
            "limit": plain(rule.value),
            **rule.shown_weight,
            "tolerance_minutes": int(view.knowledge.policy.dose.tolerance.total_seconds() // 60),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
        retrospective=late,
    )
