"""Where what was given passes a limit: in rolling windows, or on calendar days of the facility.

A scheduled dose counts at its due time, if it was given within the ward's tolerance of it. Up to the policy's
hard factor an excess counts only if it also holds in the window shortened by the tolerance: a dose given a
little early is no overdose. Beyond the factor that holds for doses of orders without clock times only: nobody
knows when these are due. An excess that doses make which are due only later stands from when they were given.
A calendar day that was over its limit stays so until midnight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.base import Severity
from services.safety.checks.calendar_days import by_day
from services.safety.checks.doses_when_due import when_due
from services.safety.checks.hours_of_the_ward import as_spaced_by_the_ward
from services.safety.checks.judgement import View
from services.safety.checks.limits import Rule
from services.safety.checks.rolling_sum import Interval, counted, excesses, known_from, most
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True)
class Excess:
    """Too much throughout `interval`, told from `known_from` on, when all that makes it had been given.

    Of a calendar day `doses` and `window` are the day's, from `day` on.
    """

    interval: Interval
    severity: Severity
    doses: Sequence[Given]
    window: timedelta
    known_from: datetime
    day: datetime | None = None

    def stands(self, instant: datetime) -> bool:
        """Whether it is of the present at an instant."""
        return self.known_from <= instant < self.interval.end

    @property
    def last_begun(self) -> datetime:
        """Until the next dose begins, the largest sum lies between here and the end of the excess."""
        return max(dose.start for dose in self.doses)

    @property
    def recent(self) -> Interval:
        """The last window's length: all that can still be recomputed while it is shown."""
        start, end = self.interval
        return Interval(max(start, end - self.window), end)

    @property
    def known_at(self) -> datetime:
        """When the last dose that makes it was received."""
        parts = counted(self.doses, self.window, self.recent.start)
        return max((part.dose.received_at for part in parts), default=self.interval.start)


def dose_excesses(view: View, rule: Rule, doses: Sequence[Given]) -> list[Excess]:
    """Every excess of doses that count for the rule, the hard ones first."""
    return _of_days(view, rule, doses) if rule.by_calendar else _rolling(view, rule, doses)


def _rolling(view: View, rule: Rule, doses: Sequence[Given]) -> list[Excess]:
    window = rule.window
    if most(doses, window) <= rule.value:
        return []
    doses = when_due(view, doses, window)
    highest = most(doses, window)
    spaced = as_spaced_by_the_ward(view, doses, window) if highest > rule.hard else ()
    hard = excesses(spaced, window, rule.hard)
    short = window - view.knowledge.policy.dose.tolerance
    soft = excesses(doses, short, rule.value) if highest > rule.value else []
    return [
        Excess(interval, severity, doses, window, known_from(parts, counting, interval.start))
        for intervals, severity, parts, counting in (
            (hard, Severity.MAJOR, spaced, window),
            (soft, Severity.MODERATE, doses, short),
        )
        for interval in intervals
    ]


def _of_days(view: View, rule: Rule, doses: Sequence[Given]) -> list[Excess]:
    hard: list[Excess] = []
    soft: list[Excess] = []
    tolerance = view.knowledge.policy.dose.tolerance
    for day in by_day(when_due(view, doses, rule.window, by_calendar=True), view.knowledge.zone):
        for found, severity, window, bound in (
            (hard, Severity.MAJOR, day.length, rule.hard),
            (soft, Severity.MODERATE, day.length - tolerance, rule.value),
        ):
            if over := excesses(day.doses, window, bound):
                begins = over[0].start
                known = known_from(day.doses, window, begins)
                found.append(
                    Excess(Interval(begins, day.ends), severity, day.doses, day.length, known, day.begins)
                )
    return [*hard, *soft]
