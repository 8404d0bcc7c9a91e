"""Projected dose: what was given and what is still due will together pass a daily limit, before it does.

Looked at is every due time of the coming window: the sum of what was given and what is due in the window that
ends there, as long as it holds anything given. What may be given as needed is no part of it, nor is an order
on hold, and nothing is due after a discharge. A limit that the orders pass by themselves is the story of the
prescribed dose until something is given. A little early is no overdose: up to the policy's factor the sum
must also be too high in the window shortened by the tolerance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.checks.applicability import applicable, patient_inputs
from services.safety.checks.calendar_days import since_midnight
from services.safety.checks.due_doses import DueDose, due_within, still_due
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, the_worst
from services.safety.checks.limits import Rule, base_unit, shown
from services.safety.checks.local_time import day_begins
from services.safety.checks.rolling_sum import Counted, counted, total
from services.safety.checks.shown_doses import shown_doses, shown_window
from services.safety.checks.stay import discharged_at
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Given

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
        found: list[Finding] = []
        instants: list[datetime | None] = [limits.review_at, timeline.next_after(view.now)]
        instants += [i for entry in entries for i in (entry.start, entry.until)]
        instants += [i for fact in view.ledger.encounters.values() for i in (fact.effective_at, fact.ends_at)]
        if discharged_at(view) is not None:
            return Judgement((), earliest(view.now, *instants))
        tolerance = view.knowledge.policy.dose.tolerance
        for rule in limits.rules:
            doses = rule.under(timeline.overlapping(view.now - rule.longest, view.now))
            if not doses:
                continue
            due = due_within(view, entries, tolerance, 2 * rule.window)
            if rule.by_calendar:
                instants += [day_begins(each.at, view.knowledge.zone) for each in due]
            if _stays_below(
                rule,
                doses,
                [each for each in due if rule.counts(each.amount, each.route, each.entry.release)],
            ):
                instants.append(view.now + rule.window)
                continue
            recent = timeline.overlapping(view.now - 2 * tolerance, view.now)
            instants += [i for each in due for i in (each.at, each.at + tolerance, each.at - rule.window)]
            instants += [dose.start + 2 * tolerance for dose in recent]
            left = [
                each
                for each in still_due(due, recent, tolerance)
                if each.at <= view.now + rule.window
                and rule.counts(each.amount, each.route, each.entry.release)
            ]
            worst = _worst(view, rule, doses, left)
            if worst is not None:
                found.append(_finding(subject, rule, worst))
        return Judgement(the_worst(found), earliest(view.now, *instants))


def _stays_below(rule: Rule, doses: Sequence[Given], due: Sequence[DueDose]) -> bool:
    """Whether no window can pass the limit even if every due dose is given, the ones given already again.

    What holds for the due doses of two windows then holds for one window from now, whatever is still due.
    """
    for last in due:
        begins = last.at - rule.longest
        given = (dose.amount.value for dose in doses if dose.amount is not None and dose.end > begins)
        coming = (each.amount.value for each in due if begins < each.at <= last.at)
        if sum(given, _NOTHING) + sum(coming, _NOTHING) > rule.value:
            return False
    return True


def _worst(view: View, rule: Rule, doses: Sequence[Given], due: Sequence[DueDose]) -> _Projection | None:
    """The worst window that ends at a due time; of a calendar day the tolerance takes its first part."""
    found: list[_Projection] = []
    tolerance, zone = view.knowledge.policy.dose.tolerance, view.knowledge.zone
    for until in sorted({each.at for each in due if each.at > view.now}):
        window = since_midnight(until, zone) if rule.by_calendar else rule.window
        whole = _sum(doses, due, window, until, Severity.MAJOR)
        short = _sum(doses, due, window - tolerance, until, Severity.MODERATE)
        if whole.given and whole.amount > rule.hard:
            found.append(whole)
        elif short.given and short.amount > rule.value:
            found.append(short)
    return max(
        found, key=lambda each: (each.severity.rank, each.amount, -each.until.timestamp()), default=None
    )


def _sum(
    doses: Sequence[Given], due: Sequence[DueDose], window: timedelta, until: datetime, severity: Severity
) -> _Projection:
    parts = counted(doses, window, until)
    mine = tuple(each for each in due if until - window < each.at <= until)
    amount = total(parts) + sum((each.amount.value for each in mine), _NOTHING)
    return _Projection(until, window, parts, mine, amount, severity)


def _finding(ingredient: str, rule: Rule, worst: _Projection) -> Finding:
    row = rule.row
    given = total(worst.given)
    coming = worst.amount - given
    hours = plain(Decimal(int(worst.window.total_seconds())) / 3600)
    due: list[JsonValue] = [
        {"entity": each.entry.entity, "due": each.at.isoformat(), "counted": plain(each.amount.value)}
        for each in worst.due
    ]
    orders = dict.fromkeys(each.entry.entity for each in worst.due)
    return Finding(
        check=ProjectedDose.id,
        subject=ingredient,
        subjects=(ingredient,),
        severity=worst.severity,
        level=worst.amount / rule.value,
        text=(
            f"{ingredient}: {shown(given, row.value)} given and {shown(coming, row.value)} still due make "
            f"{shown(worst.amount, row.value)} in the {hours} h up to {worst.until:%Y-%m-%d %H:%M} UTC; "
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
