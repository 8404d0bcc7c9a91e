"""Cumulative dose: more of an ingredient was given within a window than its limit allows.

A window that was over its limit but became known only after it had passed is raised as retrospective, one
severity lower, for the policy's time. A scheduled dose counts at its due time, if it was given within the
ward's tolerance of it. An excess, or its being a hard one, that exists only through a dose
that looks like another one charted again is one severity lower and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.amounts.applicability import applicable, patient_inputs
from services.safety.checks.amounts.below_limit import stays_below
from services.safety.checks.amounts.calendar_days import since_midnight
from services.safety.checks.amounts.dose_excess import Excess, dose_excesses
from services.safety.checks.amounts.doses_alike import spaced_below
from services.safety.checks.amounts.limits import Rule, base_unit, shown
from services.safety.checks.amounts.rolling_sum import Interval, counted, peak, total
from services.safety.checks.amounts.running_on import goes_on, seen_with_what_runs
from services.safety.checks.amounts.shown_doses import shown_doses, shown_window
from services.safety.checks.amounts.suspected_copies import copies
from services.safety.checks.amounts.unit_fault import unit_doubt, unit_fault
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

_DOUBT = "So much only with a dose that looks like another one charted again: one severity lower for it. "


@dataclass(frozen=True, slots=True)
class _Told:
    """An excess as it is told: `copies` are the doses without which it would not be as grave."""

    excess: Excess
    severity: Severity
    span: Interval
    copies: frozenset[str]
    late: bool


class CumulativeDose:
    """Given doses against the daily limits of one ingredient."""

    id = "cumulative-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, the orders that make them due, and the age and body where limits depend on them."""
        return frozenset({"given", "orders"}) | patient_inputs(knowledge)

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

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told and no window passes a limit; so far apart that none can."""
        if held.findings:
            return False
        spaced: Spaced | None = Spaced()
        retrospective, now = view.knowledge.policy.dose.retrospective, view.now
        for rule in applicable(view, further.dose.ingredient, LimitKind.DAILY).rules:
            first = now - retrospective - 2 * (rule.window + view.widest_tolerance)
            if rule.by_calendar or not stays_below(now, further, rule, rule.window, first):
                return False
            mine = spaced_below(further, rule, rule.window, rule.value) if spaced else None
            spaced = spaced.both(mine) if spaced and mine else None
        return spaced or True


def _judge_rule(
    view: View, ingredient: str, timeline: Timeline[Given], rule: Rule
) -> tuple[Finding | None, datetime | None]:
    """Only doses that have begun are seen, so that every further one is a change or a review."""
    policy = view.knowledge.policy.dose
    reach = 2 * (rule.window + view.widest_tolerance)
    since = view.now - policy.retrospective - reach
    seen, changes = seen_with_what_runs(view, ingredient, since, reach)
    doses = rule.under(seen)
    every = dose_excesses(view, rule, doses)
    if not every:
        return None, changes
    doubted = copies(view.knowledge, timeline, doses)
    sure = dose_excesses(view, rule, [d for d in doses if d.entity not in doubted]) if doubted else every
    ends = (
        i for e in (*every, *sure) for i in (e.known_from, *e.interval, e.interval.end + policy.retrospective)
    )
    review_at = earliest(view.now, changes, *ends)
    current = [e for e in every if e.stands(view.now)]
    if current:
        worst = max(current, key=lambda e: e.severity.rank)
        span = Interval(max(worst.interval.start, worst.last_begun), worst.interval.end)
        held = [e for e in sure if e.stands(view.now)]
        told = _Told(worst, worst.severity, span, _eases(doubted, worst, held), late=False)
        return _finding(view, ingredient, rule, told), review_at
    late = [
        e
        for e in every
        if e.interval.end <= view.now < e.interval.end + policy.retrospective and e.known_at >= e.interval.end
    ]
    if not late:
        return None, review_at
    worst = max(late, key=lambda e: (e.severity.rank, e.interval.start))
    span = worst.recent
    held = [e for e in sure if e.interval.start < span.end and e.interval.end > span.start]
    told = _Told(worst, worst.severity.stepped(-1), span, _eases(doubted, worst, held), late=True)
    return _finding(view, ingredient, rule, told), review_at


def _eases(doubted: frozenset[str], worst: Excess, sure: Sequence[Excess]) -> frozenset[str]:
    """The suspected copies, where nothing as grave as `worst` is left without them."""
    if any(each.severity.rank >= worst.severity.rank for each in sure):
        return frozenset()
    return doubted


def _finding(view: View, ingredient: str, rule: Rule, told: _Told) -> Finding:
    doses, window = told.excess.doses, told.excess.window
    runs_on = goes_on(view, ingredient, doses)
    until = told.span.start if runs_on else peak(doses, window, told.span)[0]
    parts = counted(doses, window, until)
    amount = total(parts)
    row, zone = rule.row, view.zone_at(until)
    begun = max(part.dose.start for part in parts)
    running = max(part.dose.end for part in parts) > begun and until > begun
    how = "given or running" if running else "given"
    if runs_on:
        how = "given or running, and more to come with no end stated,"
    if told.excess.day is not None:
        when = f"on {told.excess.day.astimezone(zone):%Y-%m-%d} ({zone.key})"
        window = since_midnight(until, zone)
    else:
        hours = plain(Decimal(int(window.total_seconds())) / 3600)
        when = f"in the {hours} h up to {view.clock(until)}"
    twice = [part.dose.entity for part in parts if part.dose.entity in told.copies]
    largest = max(part.amount for part in parts)
    doubt = (_DOUBT if twice else "") + unit_doubt(largest, rule.value)
    suspected: dict[str, JsonValue] = {"suspected_copies": [*twice]} if twice else {}
    return Finding(
        check=CumulativeDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=told.severity.stepped(-1) if twice else told.severity,
        level=amount / rule.value,
        text=(
            f"{ingredient}: {shown(amount, row.value)} {how} {when}; limit {rule.said}. {doubt}{row.action}"
        ),
        implicated=(*(part.dose.entity for part in parts), *rule.rests_on),
        evidence={
            "window": shown_window(window, until),
            "calendar_day": _calendar_day(zone, told.excess, until),
            "doses": shown_doses(parts),
            "unit": base_unit(rule.dimension),
            "total": plain(amount),
            "limit": plain(rule.value),
            **rule.shown_patient,
            **suspected,
            **unit_fault(largest, rule.value),
            "tolerance_minutes": int(view.tolerance_at(until).total_seconds() // 60),
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
        retrospective=told.late,
    )


def _calendar_day(zone: ZoneInfo, excess: Excess, until: datetime) -> dict[str, JsonValue]:
    """What was given on the calendar day of an instant up to then, shown beside every sum."""
    doses = excess.doses
    if excess.day is None:
        doses = [dose if dose.due is None else dose._replace(due=None) for dose in doses]
    amount = total(counted(doses, since_midnight(until, zone), until))
    return {"day": f"{until.astimezone(zone):%Y-%m-%d}", "zone": zone.key, "total": plain(amount)}
