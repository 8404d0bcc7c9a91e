"""A rota as a calendar file (iCalendar, RFC 5545), for people's own calendars and for other programs."""

import hashlib
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from services.notifier.policy.rota import Rota

_AROUND = timedelta(days=31)
_MAKER = "-//DoseWarden//rota//EN"


def calendar_of(rota: Rota, start: datetime, end: datetime) -> str:
    """Who is on duty from `start` to `end`: an event for each person and stretch, the person's id its title.

    A duty that has begun or that lasts longer is written whole, and has the same UID each time, so that
    importing again changes and does not double it; only what is longer by a month is cut. Gaps have no event.
    """
    calendar = Calendar()
    calendar.add("PRODID", _MAKER)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", rota.id)
    whole = rota.timeline(start - _AROUND, end + _AROUND)
    for duty in (part for part in whole if part.start < end and part.end > start):
        for person in duty.persons:
            event = Event()
            event.add("UID", _uid(rota.id, person, duty.start))
            event.add("DTSTAMP", start)
            event.add("SUMMARY", person)
            event.add("DTSTART", duty.start)
            event.add("DTEND", duty.end)
            calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()


def _uid(rota: str, person: str, start: datetime) -> str:
    text = "\x1f".join((rota, person, start.isoformat()))
    return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}@dosewarden"
