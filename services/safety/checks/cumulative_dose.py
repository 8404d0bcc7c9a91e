"""Cumulative dose: more of an ingredient was given within a rolling window than its limit allows.

Up to the policy's hard factor an excess counts only if it also holds in the window shortened by the ward's
tolerance: a dose given a little early is no overdose. Beyond the factor the tolerance is ignored. A window
that was over its limit but became known only after it had passed is raised as retrospective, one severity
lower, for the policy's time. An excess, or its being a hard one, that exists only through a dose that looks
like another one charted again is one severity lower and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.applicability import age_inputs, applicable
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.limits import Rule, base_unit, shown
from services.safety.checks.rolling_sum import Interval, counted, excesses, most, peak
from services.safety.checks.shown_doses import shown_doses, shown_window
from services.safety.checks.suspected_copies import copies
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import DosePolicy, LimitKind
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

_DOUBT = "So much only with a dose that looks like another one charted again: one severity lower for it. "


@dataclass(frozen=True, slots=True)
class _Excess:
    interval: Interval
    severity: Severity


@dataclass(frozen=True, slots=True)
class _Told:
    """An excess as it is told: `copies` are the doses without which it would not be as grave."""

    severity: Severity
    span: Interval
    copies: frozenset[str]
    late: bool


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
    every = _excesses(doses, rule, policy)
    if not every:
        return None, None
    doubted = copies(view.knowledge, timeline, doses)
    sure = _excesses([d for d in doses if d.entity not in doubted], rule, policy) if doubted else every
    ends = (i for e in (*every, *sure) for i in (*e.interval, e.interval.end + policy.retrospective))
    review_at = earliest(view.now, *ends)
    current = [e for e in every if e.interval.holds(view.now)]
    if current:
        worst = max(current, key=lambda e: e.severity.rank)
        span = Interval(max(worst.interval.start, _last_begun(doses)), worst.interval.end)
        held = [e for e in sure if e.interval.holds(view.now)]
        told = _Told(worst.severity, span, _eases(doubted, worst, held), late=False)
        return _finding(view, ingredient, rule, doses, told), review_at
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
    held = [e for e in sure if e.interval.start < span.end and e.interval.end > span.start]
    told = _Told(worst.severity.stepped(-1), span, _eases(doubted, worst, held), late=True)
    return _finding(view, ingredient, rule, doses, told), review_at


def _excesses(doses: Sequence[Given], rule: Rule, policy: DosePolicy) -> list[_Excess]:
    highest = most(doses, rule.window)
    if highest <= rule.value:
        return []
    soft = excesses(doses, rule.window - policy.tolerance, rule.value)
    hard = excesses(doses, rule.window, rule.hard) if highest > rule.hard else []
    return [_Excess(i, Severity.MAJOR) for i in hard] + [_Excess(i, Severity.MODERATE) for i in soft]


def _eases(doubted: frozenset[str], worst: _Excess, sure: Sequence[_Excess]) -> frozenset[str]:
    """The suspected copies, where nothing as grave as `worst` is left without them."""
    if any(each.severity.rank >= worst.severity.rank for each in sure):
        return frozenset()
    return doubted


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
    told: _Told,
) -> Finding:
    until, amount = peak(doses, rule.window, told.span)
    parts = counted(doses, rule.window, until)
    row = rule.row
    hours = plain(Decimal(int(rule.window.total_seconds())) / 3600)
    begun = max(part.dose.start for part in parts)
    running = max(part.dose.end for part in parts) > begun and until > begun
    how = "given or running in" if running else "given in"
    twice = [part.dose.entity for part in parts if part.dose.entity in told.copies]
    doubt = _DOUBT if twice else ""
    suspected: dict[str, JsonValue] = {"suspected_copies": [*twice]} if twice else {}
    return Finding(
        check=CumulativeDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=told.severity.stepped(-1) if twice else told.severity,
        level=amount / rule.value,
        text=(
            f"{ingredient}: {shown(amount, row.value)} {how} the {hours} h up to {until:%Y-%m-%d %H:%M} UTC; "
            f"limit {rule.said}. {doubt}{row.action}"
        ),
        implicated=(*(part.dose.entity for part in parts), *rule.rests_on),
        evidence={
            "window": shown_window(rule.window, until),
            "doses": shown_doses(parts),
            "unit": base_unit(rule.dimension),
            "total": plain(amount),
            "limit": plain(rule.value),
            **rule.shown_weight,
            **suspected,
            "tolerance_minutes": int(view.knowledge.policy.dose.tolerance.total_seconds() // 60),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
        retrospective=told.late,
    )
