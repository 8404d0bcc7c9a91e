"""Where what was given passes a limit: in rolling windows, or on calendar days of the facility.

Up to the policy's hard factor an excess counts only if it also holds in the window shortened by the ward's
tolerance: a dose given a little early is no overdose. Beyond the factor the tolerance is ignored. A calendar
day that was over its limit stays so until midnight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.base import Severity
from services.safety.checks.calendar_days import by_day
from services.safety.checks.judgement import View
from services.safety.checks.limits import Rule
from services.safety.checks.rolling_sum import Interval, counted, excesses, most
from services.safety.ledger.entries import Given


@dataclass(frozen=True, slots=True)
class Excess:
    """Too much throughout `interval`; of a calendar day `doses` and `window` are the day's, from `day` on."""

    interval: Interval
    severity: Severity
    doses: Sequence[Given]
    window: timedelta
    day: datetime | None = None

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
    highest, window = most(doses, rule.window), rule.window
    if highest <= rule.value:
        return []
    hard = excesses(doses, window, rule.hard) if highest > rule.hard else []
    soft = excesses(doses, window - view.knowledge.policy.dose.tolerance, rule.value)
    return [
        *(Excess(interval, Severity.MAJOR, doses, window) for interval in hard),
        *(Excess(interval, Severity.MODERATE, doses, window) for interval in soft),
    ]


def _of_days(view: View, rule: Rule, doses: Sequence[Given]) -> list[Excess]:
    hard: list[Excess] = []
    soft: list[Excess] = []
    tolerance = view.knowledge.policy.dose.tolerance
    for day in by_day(doses, view.knowledge.zone):
        for found, severity, window, bound in (
            (hard, Severity.MAJOR, day.length, rule.hard),
            (soft, Severity.MODERATE, day.length - tolerance, rule.value),
        ):
            if over := excesses(day.doses, window, bound):
                until_midnight = Interval(over[0].start, day.ends)
                found.append(Excess(until_midnight, severity, day.doses, day.length, day.begins))
    return [*hard, *soft]
