"""Projected dose: what was given and what is still due will together pass a daily limit, before it does.

Looked at is every due time of the coming window: the sum of what was given and what is due in the window that
ends there, as long as it holds anything given. What may be given as needed is no part of it, nor is an order
on hold, and nothing is due after a discharge. A limit that the orders pass by themselves is the story of the
prescribed dose until something is given. A scheduled dose given within the ward's tolerance counts at its due
time, as it does once the sum is reached. A little early is no overdose: up to the policy's factor the sum
must also be too high in the window shortened by the tolerance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.amounts.applicability import applicable, patient_inputs
from services.safety.checks.amounts.below_limit import last_window_at_most
from services.safety.checks.amounts.calendar_days import since_midnight
from services.safety.checks.amounts.coming_doses import coming, evenly_due, most_ever
from services.safety.checks.amounts.doses_alike import spaced_below
from services.safety.checks.amounts.doses_when_due import when_due
from services.safety.checks.amounts.due_doses import DueDose, Schedule, still_due
from services.safety.checks.amounts.hours_of_the_ward import still_to_come, tells_no_clock_times
from services.safety.checks.amounts.limits import Rule, base_unit, shown
from services.safety.checks.amounts.range_words import of_coming
from services.safety.checks.amounts.rolling_sum import Counted, counted, total
from services.safety.checks.amounts.running_on import runs_on, with_what_runs
from services.safety.checks.amounts.shown_doses import shown_doses, shown_window
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, sooner, the_worst
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.wards.local_time import day_begins
from services.safety.checks.wards.stay import discharged_at
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.timeline import Timeline

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Projection:
    """The sum of the window that ends at a due time."""

    until: datetime
    window: timedelta
    given: tuple[Counted, ...]
    due: tuple[DueDose, ...]
    amount: Decimal
    severity: Severity


class ProjectedDose:
    """Doses given and doses still due against the daily limits of one ingredient."""

    id = "projected-dose"
    per_ingredient = True

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, stays, and the age and weight where limits depend on them."""
        return frozenset({"given", "orders", "encounters"}) | patient_inputs(knowledge)

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a daily limit."""
        return bool(knowledge.limits(ingredient, LimitKind.DAILY))

    def judge(self, view: View, subject: str) -> Judgement:
        """The worst sum that the coming window holds."""
        timeline, entries = view.ledger.given.get(subject), view.ledger.prescribed.get(subject)
        if timeline is None or entries is None:
            return SILENT
        limits = applicable(view, subject, LimitKind.DAILY)
        if not limits.rules:
            return SILENT if limits.review_at is None else Judgement((), limits.review_at)
        over, changes = _standing(view, entries)
        instants = [limits.review_at, changes, timeline.next_after(view.now)]
        if over:
            return Judgement((), earliest(view.now, *instants))
        found: list[Finding] = []
        for rule in limits.rules:
            worst, review_at = _judge_rule(view, rule, timeline, entries)
            instants.append(review_at)
            if worst is not None:
                found.append(_finding(view, subject, rule, worst))
        return Judgement(the_worst(found), earliest(view.now, *instants))

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:
        """Where nothing was told, and all that is due may be given up to the review."""
        now, review_at, ingredient = view.now, held.review_at, further.dose.ingredient
        if held.findings or runs_on(further.timeline):
            return False
        tolerance, entries = view.widest_tolerance, view.ledger.prescribed[ingredient]
        timeline = further.timeline
        for rule in applicable(view, ingredient, LimitKind.DAILY).rules:
            at_most = last_window_at_most(now, timeline, rule, rule.longest)
            if at_most is not None and at_most + most_ever(view, entries, rule) <= rule.value:
                continue
            ahead = coming(view, entries, rule)
            known_until = sooner(ahead.schedule.until - rule.window, ahead.schedule.chosen_until)
            if review_at is None or known_until is None or known_until < review_at:
                return False
            if at_most is not None and at_most + ahead.most <= rule.value:
                continue
            doses = timeline.overlapping(now - rule.longest, now)
            if not ahead.stays_below(rule, doses, now - tolerance):
                return False
        return _spaced(view, further) or True


def _spaced(view: View, further: FurtherDose) -> Spaced | None:
    """So far apart that they and what is due have room in every window, now and ever."""
    ingredient, spaced = further.dose.ingredient, Spaced()
    for rule in applicable(view, ingredient, LimitKind.DAILY).rules:
        mine = None if rule.by_calendar else _spaced_by(view, further, rule)
        if mine is None:
            return None
        spaced = spaced.both(mine)
    return spaced


def _spaced_by(view: View, further: FurtherDose, rule: Rule) -> Spaced | None:
    """Beside all that is ever due in a window; else beside what is due after the doses given, where both come
    evenly and no dose due is larger: of two such rows there is one dose more than of one.
    """
    entries, amount = view.ledger.prescribed[further.dose.ingredient], further.dose.amount
    spaced = spaced_below(further, rule, rule.window, rule.value - most_ever(view, entries, rule))
    if spaced is not None or amount is None:
        return spaced
    even = evenly_due(entries)
    if even is None or even.amount > amount.value or not rule.under((further.dose,)):
        return None
    window = rule.window + view.widest_tolerance
    spaced = spaced_below(further, rule, window, rule.value - amount.value)
    return spaced if spaced is not None and even.every >= spaced.least else None


_remembered: Remembered[bool] = Remembered()


def _standing(view: View, entries: tuple[Prescribed, ...]) -> tuple[bool, datetime | None]:
    """Whether the patient was discharged, and when that, or which orders count, may next change by time."""
    encounters = view.ledger.encounters
    key = (id(entries), id(encounters))
    known = _remembered.known(view.now, key)
    if known is None:
        instants = [i for entry in entries for i in (entry.start, entry.until)]
        instants += [i for fact in encounters.values() for i in (fact.effective_at, fact.ends_at)]
        over = discharged_at(view) is not None
        known = _remembered.keep(view.now, key, (entries, encounters), over, earliest(view.now, *instants))
    return known


def _judge_rule(
    view: View, rule: Rule, timeline: Timeline[Given], entries: tuple[Prescribed, ...]
) -> tuple[_Projection | None, datetime | None]:
    """What holds for all that is due up to the end of the schedule holds until it is a window away.

    Where there is room for as much again as the orders ever make due, only further statements change that.
    """
    now, tolerance = view.now, view.widest_tolerance
    ingredient = timeline.entries[0].ingredient
    doses, changes = with_what_runs(view, ingredient, timeline.overlapping(now - rule.longest, now))
    if not doses:
        return None, changes
    amounts = (dose.amount.value for dose in doses if dose.amount is not None)
    if sum(amounts, 2 * most_ever(view, entries, rule)) <= rule.value:
        return None, changes
    ahead = coming(view, entries, rule)
    schedule = ahead.schedule
    if ahead.stays_below(rule, doses, now - tolerance):
        return None, earliest(now, changes, schedule.until - rule.window, schedule.chosen_until)
    if not rule.under(doses):
        return None, changes
    before, _ = with_what_runs(
        view, ingredient, timeline.overlapping(now - rule.longest - 2 * tolerance, now)
    )
    placed = when_due(view, rule.under(before), rule.window, by_calendar=rule.by_calendar)
    recent = timeline.overlapping(now - 2 * tolerance, now)
    due = still_due(_not_given_up(view, schedule, rule.window), recent, view.tolerance_at)
    earlier = timeline.overlapping(now - 2 * rule.longest, now)
    left = [
        each
        for each in still_to_come(view, due, earlier, rule.longest)
        if rule.counts(each.amount, each.route, each.entry.release)
    ]
    return _worst(view, rule, placed, left), earliest(
        now,
        changes,
        schedule.chosen_until,
        *_turns(view, rule, schedule),
        *(d.start + 2 * tolerance for d in recent),
    )


def _not_given_up(view: View, schedule: Schedule, window: timedelta) -> list[DueDose]:
    """What is due up to a window ahead, or has been by no more than the tolerance of its ward."""
    now = view.now
    ahead = schedule.between(now - view.widest_tolerance, now + window)
    return [each for each in ahead if each.at > now - view.tolerance_at(each.at)]


def _turns(view: View, rule: Rule, schedule: Schedule) -> Iterator[datetime]:
    """When a due time comes, is given up, comes within a window, or a calendar day that has one begins."""
    now, wards = view.now, view.wards
    tolerances = {view.knowledge.house.tolerance} if wards is None else {r.tolerance for r in wards.rules}
    yield schedule.until - rule.window
    for ahead in (timedelta(0), *(-tolerance for tolerance in tolerances), rule.window):
        instant = schedule.next_after(now + ahead)
        if instant is not None:
            yield instant - ahead
    if rule.by_calendar:
        for each in schedule.between(now, now + 2 * rule.window):
            yield day_begins(each.at, view.zone_at(each.at))


def _worst(view: View, rule: Rule, doses: Sequence[Given], due: Sequence[DueDose]) -> _Projection | None:
    """The worst window that ends at a due time; of a calendar day the tolerance takes its first part."""
    found: list[_Projection] = []

    def guess(until: datetime) -> bool:
        return all(tells_no_clock_times(each.entry) for each in due if each.at == until)

    for until in sorted({each.at for each in due if each.at > view.now}):
        window = since_midnight(until, view.zone_at(until)) if rule.by_calendar else rule.window
        whole = _sum(doses, due, window, until, Severity.MAJOR)
        if whole.amount <= rule.value:
            continue
        short = _sum(doses, due, window - view.tolerance_at(until), until, Severity.MODERATE)
        if whole.given and whole.amount > rule.hard and (short.amount > rule.hard or not guess(until)):
            found.append(whole)
        elif short.given and short.amount > rule.value:
            found.append(short)
    return max(
        found, key=lambda each: (each.severity.rank, each.amount, -each.until.timestamp()), default=None
    )


def _sum(
    doses: Sequence[Given],
    due: Sequence[DueDose],
    window: timedelta,
    until: datetime,
    severity: Severity,
) -> _Projection:
    parts = counted(doses, window, until)
    mine = tuple(each for each in due if until - window < each.at <= until)
    amount = total(parts) + sum((each.amount.value for each in mine), _NOTHING)
    return _Projection(until, window, parts, mine, amount, severity)


def _finding(view: View, ingredient: str, rule: Rule, worst: _Projection) -> Finding:
    row = rule.row
    given = total(worst.given)
    coming = worst.amount - given
    hours = plain(Decimal(int(worst.window.total_seconds())) / 3600)
    due: list[JsonValue] = [
        {"entity": each.entry.entity, "due": each.at.isoformat(), "counted": plain(each.amount.value)}
        for each in worst.due
    ]
    orders = dict.fromkeys(each.entry.entity for each in worst.due)
    ranged = of_coming(dosage for each in worst.due for dosage in each.entry.order.dosages)
    return Finding(
        check=ProjectedDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=worst.severity,
        level=worst.amount / rule.value,
        text=(
            f"{ingredient}: {shown(given, row.value)} given and {shown(coming, row.value)} still due{ranged} "
            f"make {shown(worst.amount, row.value)} in the {hours} h up to {view.clock(worst.until)}; "
            f"limit {rule.said}. {row.action}"
        ),
        implicated=(*(part.dose.entity for part in worst.given), *orders, *rule.rests_on),
        evidence={
            "window": shown_window(worst.window, worst.until),
            "doses": shown_doses(worst.given),
            "due": due,
            "unit": base_unit(rule.dimension),
            "total": plain(worst.amount),
            "limit": plain(rule.value),
            **rule.shown_patient,
        },
        sources=(rule.source,),
        shadow=row.shadow,
        high_alert=rule.high_alert,
    )
