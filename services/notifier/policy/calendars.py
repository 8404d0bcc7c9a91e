"""Duties out of a calendar file (iCalendar, RFC 5545), as rota programs and mail programs write it.

One event is one duty; its title (SUMMARY) is the id of the person. A time without a zone is one of the ward's
clock. What cannot be read without a doubt is refused: a duty that is guessed is somebody who is not told.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from services.notifier.policy.shifts import Duty
from services.notifier.policy.wall_clock import instant_of
from services.safety.knowledge.problems import Problem

log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PART = timedelta(days=28)
_AROUND = timedelta(days=2)
"""Asked for more on both sides: the library compares times without a zone by their digits."""
_TOO_OFTEN = frozenset(("SECONDLY", "MINUTELY", "HOURLY"))
_WITHIN_A_DAY = frozenset(("BYHOUR", "BYMINUTE", "BYSECOND"))
_NOT_HELD = "CANCELLED"
_RANGE = "RANGE"


@dataclass(frozen=True, slots=True, eq=False)
class CalendarLayer:
    """The duties of one calendar. Made by `calendar_in`, which has looked at every event."""

    query: recurring_ical_events.CalendarQuery
    zone: ZoneInfo
    persons: frozenset[str]

    def duties(self, start: datetime, end: datetime) -> Sequence[Duty]:
        """The duties that have a part in `start` to `end`."""
        parts = range((start - _EPOCH) // _PART, (end - _EPOCH) // _PART + 1)
        found = {duty for number in parts for duty in _part(self, number)}
        return sorted(duty for duty in found if duty.start < end and duty.end > start)


@lru_cache(maxsize=4096)
def _part(layer: CalendarLayer, number: int) -> tuple[Duty, ...]:
    """The duties of one part of time. Kept, since working out a series takes tens of milliseconds.

    House rule: a series that cannot be worked out for that time has nobody on duty, so that the next step is
    told at once and said to be; an error here would end the notifier, and the next one, and tell nobody.
    """
    first = _EPOCH + number * _PART
    last = first + _PART
    try:
        events = layer.query.between(first - _AROUND, last + _AROUND)
        duties = [_duty(event, layer.zone) for event in events if _held(event)]
    except Exception as error:  # noqa: BLE001  (what a foreign calendar makes its library raise is anything)
        log.error("a calendar cannot be read for %s on (%s): nobody is on duty by it", first.date(), error)
        return ()
    return tuple(duty for duty in duties if duty.start < min(duty.end, last) and duty.end > first)


def calendar_in(text: str, shown: str, zone: ZoneInfo) -> tuple[CalendarLayer | None, list[Problem]]:
    """The layer that a calendar file makes, or all that is wrong with it, by its line."""
    try:
        calendar = Calendar.from_ical(text)
    except ValueError as error:
        what = f"this is no calendar: {error}"
        return None, [Problem(shown, 1, what, "export it again as iCalendar (.ics)")]
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    lines = _lines(text)
    problems = [
        Problem(shown, line, what, cure)
        for event, line in zip(events, lines, strict=False)
        for what, cure in _wrong(event)
    ]
    if not events:
        problems.append(Problem(shown, 1, "no event is in the calendar", "export it again"))
    if problems:
        return None, problems
    persons = frozenset(_person(event) for event in events)
    try:
        query = recurring_ical_events.of(calendar)
        layer = CalendarLayer(query, zone, persons)
        layer.duties(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    except (ValueError, TypeError, KeyError) as error:
        what = f"an event repeats in a way that cannot be read: {error}"
        return None, [Problem(shown, 1, what, "write it as single events")]
    return layer, []


def person_line(text: str, person: str) -> int:
    """The line of the first event of a person; 1 where there is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("SUMMARY") and line.rpartition(":")[2].strip() == person:
            return number
    return 1


def _lines(text: str) -> list[int]:
    lines = enumerate(text.splitlines(), start=1)
    return [number for number, line in lines if line.strip().upper() == "BEGIN:VEVENT"]


def _person(event: Event) -> str:
    return str(event.get("SUMMARY", "")).strip()


def _held(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() != _NOT_HELD


def _wrong(event: Event) -> Iterator[tuple[str, str]]:
    for name, why in event.errors:
        yield f"the event's {name or 'text'} cannot be read: {why}", "correct it in the calendar program"
    if event.errors:
        return
    if not _person(event):
        yield "the event has no title (SUMMARY)", "give the id of the person as its title"
    if "DTSTART" not in event:
        yield "the event has no beginning (DTSTART)", "give it one"
        return
    if _RANGE in getattr(event.get("RECURRENCE-ID"), "params", {}):
        yield "the event changes all that follow it (RANGE)", "end the old series and begin a new one"
    for name in ("DTSTART", "DTEND"):
        yield from _wrong_zone(event, name)
    yield from _wrong_rule(event)
    if not _forwards(event):
        yield (
            "the event does not end after it begins",
            "give it one end, of the same kind as its beginning",
        )


def _forwards(event: Event) -> bool:
    """Whether it ends after it begins; both days, both with a zone, or both without one."""
    try:
        return bool(event.end > event.start)
    except (ValueError, TypeError):
        return False


def _wrong_zone(event: Event, name: str) -> Iterator[tuple[str, str]]:
    value = event.get(name)
    if value is None or "TZID" not in value.params:
        return
    if isinstance(value.dt, datetime) and value.dt.tzinfo is None:
        what = f"the time zone {value.params['TZID']!r} of {name} is not known"
        yield what, "use an IANA name such as Europe/Berlin, or export the zone with the calendar"


def _wrong_rule(event: Event) -> Iterator[tuple[str, str]]:
    rules: Any = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = {str(value).upper() for value in rule.get("FREQ", ())}
        if often & _TOO_OFTEN or _WITHIN_A_DAY & set(rule):
            yield "the event repeats more often than daily", "write a duty for each day"


def _duty(event: Event, zone: ZoneInfo) -> Duty:
    return Duty(_instant(event.start, zone), _instant(event.end, zone), (_person(event),))


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return instant_of(value, time(0), zone)
    if value.tzinfo is None:
        return instant_of(value.date(), value.time(), zone)
    return value.astimezone(UTC)
