"""Where what was given passes a limit: in rolling windows, or on calendar days of the facility.

A scheduled dose counts at its due time, if it was given within the ward's tolerance of it. Up to the policy's
hard factor an excess counts only if it also holds in the window shortened by the tolerance: a dose given a
little early is no overdose. Beyond the factor that holds for doses of orders without clock times only: nobody
knows when these are due. An excess that doses make which are due only later stands from when they were given.
A calendar day that was over its limit stays so until midnight.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.base import Severity
from services.safety.checks.amounts.calendar_days import Day, by_day
from services.safety.checks.amounts.doses_when_due import when_due
from services.safety.checks.amounts.hours_of_the_ward import as_spaced_by_the_ward
from services.safety.checks.amounts.limits import Rule
from services.safety.checks.amounts.rolling_sum import Interval, counted, entered, excesses, known_from, most
from services.safety.checks.amounts.shortened_window import shortened
from services.safety.checks.judgement import View
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
    excused, short = shortened(view, doses, window)
    soft = excesses(excused, short, rule.value) if highest > rule.value else []
    return [
        Excess(interval, severity, doses, window, known_from(parts, counting, interval.start))
        for intervals, severity, parts, counting in (
            (hard, Severity.MAJOR, spaced, window),
            (soft, Severity.MODERATE, excused, short),
        )
        for interval in intervals
    ]


def _of_days(view: View, rule: Rule, doses: Sequence[Given]) -> list[Excess]:
    hard: list[Excess] = []
    soft: list[Excess] = []
    for day in _days(view, when_due(view, doses, rule.window, by_calendar=True)):
        excused, short = shortened(view, day.doses, day.length)
        for found, severity, parts, window, bound in (
            (hard, Severity.MAJOR, day.doses, day.length, rule.hard),
            (soft, Severity.MODERATE, excused, short, rule.value),
        ):
            if over := excesses(parts, window, bound):
                begins = over[0].start
                known = known_from(parts, window, begins)
                found.append(
                    Excess(Interval(begins, day.ends), severity, day.doses, day.length, known, day.begins)
                )
    return [*hard, *soft]


def _days(view: View, doses: Sequence[Given]) -> Iterator[Day]:
    """The days by the clocks of each ward on which anything was given then."""
    for zone in dict.fromkeys(view.zone_at(entered(dose)) for dose in doses):
        for day in by_day(doses, zone):
            if view.wards is None or any(view.zone_at(entered(dose)) is zone for dose in day.doses):
                yield day
