"""FHIR Timing as the contract's schedule: how often within which time, from when until when."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.intake.door import Door
from services.intake.fhir.codes import codings, inner, wording
from services.intake.fhir.elements import decimal, ending, moment, seconds
from services.intake.reading import Unreadable

_DAY = Decimal(86_400)
_HIGHEST = Decimal(1_000_000)
"""More of anything is no schedule, and beyond what decimals of 28 digits divide exactly."""
_UNITS = {
    "s": Decimal(1), "min": Decimal(60), "h": Decimal(3_600), "d": _DAY, "wk": 7 * _DAY,
    "mo": Decimal(2_629_800), "a": Decimal(31_557_600),
}  # fmt: skip
CODES: dict[str, tuple[int, int]] = {
    "QD": (1, 24), "QAM": (1, 24), "QPM": (1, 24), "AM": (1, 24), "PM": (1, 24), "BED": (1, 24),
    "QHS": (1, 24), "BID": (2, 24), "TID": (3, 24), "QID": (4, 24), "QOD": (1, 48), "Q1H": (1, 1),
    "Q2H": (1, 2), "Q3H": (1, 3), "Q4H": (1, 4), "Q6H": (1, 6), "Q8H": (1, 8), "Q12H": (1, 12),
    "Q24H": (1, 24), "WK": (1, 168),
}  # fmt: skip
"""HL7 GTSAbbreviation and common codes: times within hours."""
_DAYS_OF_WEEK = 7
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?")
_THREE_MEALS = frozenset({"C", "AC", "PC"})


@dataclass(frozen=True, slots=True)
class Schedule:
    """At least `low`, at most `high` times within `period` seconds; `once` for a single dose.

    `counted_from`: the start that `ends_at` belongs to, be it stated or not.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    period: Decimal | None = None
    times_of_day: tuple[str, ...] = ()
    once: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    counted_from: datetime | None = None
    contradictory: bool = False
    events: tuple[datetime, ...] = ()

    def per_day(self) -> tuple[Decimal, Decimal] | None:
        """The fewest and most doses of a day; None where no schedule is structured."""
        if self.period is not None and self.low is not None and self.high is not None:
            return self.low * _DAY / self.period, self.high * _DAY / self.period
        if self.times_of_day:
            return Decimal(len(self.times_of_day)), Decimal(len(self.times_of_day))
        return None


def schedule(timing: object, door: Door, from_start: datetime | None, *, as_needed: bool = False) -> Schedule:
    """The schedule of a Timing; `from_start` is where a duration begins that names no start itself.

    A number of doses ends it after so many, unless these are taken only as needed.

    A code and a repeat that say different frequencies are contradictory. Raises `Unreadable`.
    """
    if not isinstance(timing, dict):
        return Schedule()
    repeat = inner(timing, "repeat")
    low, high, period = _frequency(repeat)
    coded = _coded(timing.get("code"))
    contradictory = _contradicts_itself(repeat)
    if coded is not None:
        if period is None:
            low, high, period = coded[0], coded[0], coded[1]
        elif low is not None and high is not None:
            contradictory |= not low / period <= coded[0] / coded[1] <= high / period
    starts_at, ends_at = _bounds(repeat, door, from_start)
    begins = starts_at or from_start
    if ends_at is None and begins is not None and not as_needed:
        ends_at = _counted(repeat, low, period, begins)
    events = tuple(
        found.at for item in _texts(timing.get("event")) if (found := moment(item, door, "timing.event"))
    )
    return Schedule(
        low, high, period, _clock_times(repeat),
        once=_positive(repeat.get("count"), "count") == 1 and repeat.get("countMax") is None,
        starts_at=starts_at, ends_at=ends_at, contradictory=contradictory,
        counted_from=starts_at if isinstance(repeat.get("boundsPeriod"), dict) else from_start,
        events=events if period is None else (),
    )  # fmt: skip


def _frequency(repeat: dict[str, Any]) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    unit = _UNITS.get(str(repeat.get("periodUnit")))
    period = _positive(repeat.get("period"), "period")
    longest = _positive(repeat.get("periodMax"), "periodMax")
    least = _positive(repeat.get("frequency"), "frequency")
    most = _positive(repeat.get("frequencyMax"), "frequencyMax")
    when, days = _texts(repeat.get("when")), len(set(_texts(repeat.get("dayOfWeek"))))
    times = _texts(repeat.get("timeOfDay"))
    if days and (period is None or unit in (_DAY, 7 * _DAY)):
        daily = Decimal(max(len(times), _events_of_day(when), 1))
        if unit == 7 * _DAY:
            low, high, span = least or daily * days, most or least or daily * days, (period or 1) * unit
        else:
            low, high, span = (least or daily) * days, (most or least or daily) * days, 7 * _DAY
        if high * 7 * _DAY > days * span and days < _DAYS_OF_WEEK and not times:
            return None, None, None  # several on some days: what the most of a day are, no average says
        return low, high, span
    if period is None or unit is None:
        if not when:
            return None, None, None
        count = Decimal(_events_of_day(when))
        return least or count, most or least or count, _DAY
    low = least or Decimal(max(len(times), _events_of_day(when), 1))
    high = most or low
    if longest is not None and longest > period:
        low = round(low * period / longest, 6)
    return low, high, period * unit


def _contradicts_itself(repeat: dict[str, Any]) -> bool:
    """Whether its own numbers exclude one another: a range turned round, more days or occasions than
    doses.
    """
    unit, period = _UNITS.get(str(repeat.get("periodUnit"))), _positive(repeat.get("period"), "period")
    longest = _positive(repeat.get("periodMax"), "periodMax")
    least = _positive(repeat.get("frequency"), "frequency")
    most = _positive(repeat.get("frequencyMax"), "frequencyMax") or least
    if (least and most and most < least) or (longest and period and longest < period):
        return True
    days, when = set(_texts(repeat.get("dayOfWeek"))), set(_texts(repeat.get("when")))
    if days and unit == _DAY and period not in (None, 1):
        return True
    if most is None:
        return False
    if unit == 7 * _DAY and most < len(days):
        return True
    return unit == _DAY and period == 1 and most < len(when)


def _clock_times(repeat: dict[str, Any]) -> tuple[str, ...]:
    """Raises `Unreadable` for what is no time of day."""
    times = _texts(repeat.get("timeOfDay"))
    if not all(_CLOCK.fullmatch(time) for time in times):
        path = "timing.repeat.timeOfDay"
        raise Unreadable("bad-time", f"{path} is no time of day", path)
    return tuple(time[:5] for time in times)


def _events_of_day(when: list[str]) -> int:
    return sum(3 if item in _THREE_MEALS else 1 for item in when)


def _coded(code: object) -> tuple[Decimal, Decimal] | None:
    for text in (*(coding.code for coding in codings(code)), wording(code)):
        found = CODES.get(text.upper().replace(" ", ""))
        if found is not None:
            return Decimal(found[0]), Decimal(found[1] * 3_600)
    return None


def _bounds(
    repeat: dict[str, Any], door: Door, from_start: datetime | None
) -> tuple[datetime | None, datetime | None]:
    period = repeat.get("boundsPeriod")
    if isinstance(period, dict):
        start = moment(period.get("start"), door, "timing.repeat.boundsPeriod.start")
        end = ending(period.get("end"), door, "timing.repeat.boundsPeriod.end")
        if start is not None and end is not None and end.end < start.at:
            raise Unreadable("end-before-start", "a dosage ends before it starts", "timing.repeat.bounds")
        return (start.at if start else None), (end.end if end else None)
    span = seconds(repeat.get("boundsDuration"), "timing.repeat.boundsDuration")
    bounds = repeat.get("boundsRange")
    if span is None and isinstance(bounds, dict):
        span = seconds(bounds.get("high"), "timing.repeat.boundsRange.high")
    if span is None or from_start is None:
        return None, None
    try:
        return None, from_start + timedelta(seconds=float(span))
    except OverflowError:
        return None, None


def _counted(
    repeat: dict[str, Any], low: Decimal | None, period: Decimal | None, from_start: datetime
) -> datetime | None:
    """When the last of a counted number of doses has had its time; None for a single one."""
    count = _positive(repeat.get("countMax"), "countMax") or _positive(repeat.get("count"), "count")
    if count is None or count == 1 or low is None or period is None:
        return None
    try:
        return from_start + timedelta(seconds=float(count * period / low))
    except OverflowError:
        return None


def _positive(value: object, name: str) -> Decimal | None:
    path = f"timing.repeat.{name}"
    number = decimal(value, path)
    if number is not None and number <= 0:
        reason = "negative-value" if number < 0 else "wrong-schema"
        raise Unreadable(reason, f"{path} is not above zero", path)
    if number is not None and number > _HIGHEST:
        raise Unreadable("wrong-schema", f"{path} is no possible number of a schedule", path)
    return number


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
