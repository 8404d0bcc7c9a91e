"""Duties out of calendar files, and rotas as calendar files."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event
from recurring_ical_events import CalendarQuery

from services.notifier.policy.calendar_out import calendar_of
from services.notifier.policy.calendars import CalendarLayer, calendar_in, person_line
from services.notifier.policy.rota import Rota
from services.notifier.policy.shifts import Shift
from tests.notifier.policy.duty_plans import BERLIN, cover, rota, shift, shown, three_shifts, utc

NIGHTS = """
SUMMARY:n-night
DTSTART;TZID=Europe/Berlin:20260301T220000
DTEND;TZID=Europe/Berlin:20260302T060000
RRULE:FREQ=DAILY
EXDATE;TZID=Europe/Berlin:20260305T220000
"""


def calendar(*events: str) -> str:
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a rota program//EN"]
    for number, event in enumerate(events):
        parts += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", event.strip(), "END:VEVENT"]
    return "\n".join([*parts, "END:VCALENDAR", ""])


def read(*events: str) -> CalendarLayer:
    layer, problems = calendar_in(calendar(*events), "ward-3.ics", BERLIN)
    assert problems == []
    assert layer is not None
    return layer


def from_calendar(*events: str) -> Rota:
    return Rota("ward-3-nurses", (read(*events),))


def test_a_series_keeps_the_wards_clock_over_both_changes() -> None:
    ward = from_calendar(NIGHTS)
    for night, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-01", 8)):
        begins = shown(f"{night} 22:00")
        (duty,) = (part for part in ward.timeline(begins, begins + timedelta(hours=12)) if part.persons)
        assert (duty.start, duty.end - duty.start) == (begins, timedelta(hours=hours))


def test_a_series_that_cannot_be_worked_out_has_nobody_on_duty_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(CalendarQuery):
        def between(self, *_: object, **__: object) -> list[Event]:  # type: ignore[override]
            raise OverflowError("date value out of range")

    layer = read(NIGHTS)
    broken = replace(layer, query=Broken(Calendar.from_ical(calendar(NIGHTS))))
    begins = shown("2026-06-01 22:00")
    assert len(layer.duties(begins, begins + timedelta(hours=1))) == 1
    assert broken.duties(begins, begins + timedelta(hours=1)) == []
    assert "nobody is on duty by it" in caplog.text


def test_a_night_that_was_taken_out_is_a_gap() -> None:
    ward = from_calendar(NIGHTS)
    assert ward.on_duty(shown("2026-03-04 23:00")) == ("n-night",)
    assert ward.on_duty(shown("2026-03-05 23:00")) == ()


def test_a_night_that_was_moved_and_given_to_somebody_else_counts_as_it_was_moved() -> None:
    swapped = """
UID:0
SUMMARY:n-other
RECURRENCE-ID;TZID=Europe/Berlin:20260310T220000
DTSTART;TZID=Europe/Berlin:20260310T210000
DTEND;TZID=Europe/Berlin:20260311T060000
"""
    text = calendar(NIGHTS, swapped).replace("UID:1\n", "")
    layer, problems = calendar_in(text, "ward-3.ics", BERLIN)
    assert problems == []
    assert layer is not None
    ward = Rota("ward-3-nurses", (layer,))
    assert ward.on_duty(shown("2026-03-10 21:30")) == ("n-other",)
    assert ward.on_duty(shown("2026-03-10 23:00")) == ("n-other",)
    assert layer.persons == {"n-night", "n-other"}


def test_a_time_without_a_zone_is_one_of_the_wards_clock_and_a_day_is_the_wards_day() -> None:
    floating = from_calendar("SUMMARY:a\nDTSTART:20260701T080000\nDURATION:PT8H")
    assert floating.on_duty(utc("2026-07-01 06:00")) == ("a",)
    assert floating.on_duty(utc("2026-07-01 14:00")) == ()
    whole_day = from_calendar("SUMMARY:a\nDTSTART;VALUE=DATE:20260329")
    assert whole_day.on_duty(utc("2026-03-28 23:00")) == ("a",)
    assert whole_day.on_duty(utc("2026-03-29 21:59")) == ("a",)
    assert whole_day.on_duty(utc("2026-03-29 22:00")) == ()


def test_a_time_without_a_zone_counts_where_its_digits_are_of_another_day_than_its_instant() -> None:
    ward = from_calendar("SUMMARY:a\nDTSTART:20260702T000000\nDURATION:PT1H")
    assert ward.on_duty(utc("2026-07-01 22:30")) == ("a",)
    assert ward.on_duty(utc("2026-07-02 00:30")) == ()


def test_a_cancelled_duty_is_none() -> None:
    ward = from_calendar(NIGHTS, "SUMMARY:a\nSTATUS:CANCELLED\nDTSTART:20260701T080000Z\nDURATION:PT8H")
    assert ward.on_duty(utc("2026-07-01 09:00")) == ()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("DTSTART:20260701T080000Z\nDURATION:PT8H", "no title"),
        ("SUMMARY:a\nDURATION:PT8H", "no beginning"),
        ("SUMMARY:a\nDTSTART:2026\nDURATION:PT8H", "DTSTART cannot be read"),
        ("SUMMARY:a\nDTSTART;TZID=Mars/Phobos:20260701T080000\nDURATION:PT8H", "'Mars/Phobos' of DTSTART"),
        ("SUMMARY:a\nDTSTART:20260701T080000Z\nDTEND:20260701T080000Z", "does not end after"),
        ("SUMMARY:a\nDTSTART:20260701T080000Z\nDTEND:20260702", "does not end after"),
        ("SUMMARY:a\nDTSTART:20260701T080000Z\nDURATION:PT1H\nRRULE:FREQ=NEVER", "RRULE cannot be read"),
        ("SUMMARY:a\nDTSTART:20260701T080000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY", "more often than daily"),
        (
            "SUMMARY:a\nDTSTART:20260701T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=8,9",
            "more often than daily",
        ),
        (
            "SUMMARY:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260701T080000Z\n"
            "DTSTART:20260701T090000Z\nDURATION:PT1H",
            "changes all that follow",
        ),
    ],
)
def test_what_cannot_be_read_without_a_doubt_is_refused_with_its_line(event: str, said: str) -> None:
    layer, problems = calendar_in(calendar(NIGHTS, event), "ward-3.ics", BERLIN)
    assert layer is None
    assert [problem.line for problem in problems if said in problem.what] == [13]


@pytest.mark.parametrize("text", ["", "roster of ward 3", "BEGIN:VCALENDAR\nEND:VCALENDAR"])
def test_what_is_no_calendar_is_refused(text: str) -> None:
    layer, problems = calendar_in(text, "ward-3.ics", BERLIN)
    assert layer is None
    assert problems


def test_the_line_of_a_person_is_found() -> None:
    text = calendar(NIGHTS, "SUMMARY;LANGUAGE=en:a\nDTSTART:20260701T080000Z\nDURATION:PT8H")
    assert text.splitlines()[person_line(text, "a") - 1] == "SUMMARY;LANGUAGE=en:a"


@pytest.mark.parametrize(
    "ward",
    [
        three_shifts(),
        rota(
            shift("06:00", "14:00", "a", "b"),
            shift("15:00", "06:00", "c"),
            covers=(cover("2026-10-25 01:00", "2026-10-25 09:00", "d", instead_of="c"),),
        ),
    ],
    ids=["without gaps", "with gaps and a cover"],
)
def test_a_rota_that_is_written_as_a_calendar_and_read_again_says_the_same(ward: Rota) -> None:
    start, end = shown("2026-10-20 06:00"), shown("2026-11-03 06:00")
    layer, problems = calendar_in(calendar_of(ward, start, end), "out.ics", BERLIN)
    assert problems == []
    assert layer is not None
    said_again = Rota(ward.id, (layer,)).timeline(start, end)
    assert [(part.start, part.end, set(part.persons)) for part in said_again] == [
        (part.start, part.end, set(part.persons)) for part in ward.timeline(start, end)
    ]


def test_the_same_duty_keeps_its_uid() -> None:
    ward, start = three_shifts(), shown("2026-05-04 07:15")
    once = calendar_of(ward, start, shown("2026-05-05 03:00"))
    again = calendar_of(ward, start - timedelta(hours=1), shown("2026-05-06 03:00"))
    uids = [{line for line in text.splitlines() if line.startswith("UID:")} for text in (once, again)]
    assert len(uids[0]) == 3
    assert uids[0] < uids[1]


_DAY_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HOURS = st.sampled_from([hour for hour in range(24) if hour != 2])
"""Not those that the clock leaps over: of them RFC 5545 says otherwise, and calendars follow it."""


@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    begins=_HOURS,
    ends=_HOURS,
    every=st.integers(1, 3),
    minutes=st.integers(0, 3 * 365 * 24 * 60),
)
def test_weekly_shifts_and_the_same_series_in_a_calendar_have_the_same_people_on_duty_at_any_time(
    days: frozenset[int], begins: int, ends: int, every: int, minutes: int
) -> None:
    starting = date(2026, 1, 5)
    pattern = Shift.model_validate(
        {
            "days": days,
            "begins": time(begins),
            "ends": time(ends),
            "together": ("a",),
            "every": every,
            "starting": starting,
        }
    )
    first = next(day for day in (starting + timedelta(days=ahead) for ahead in range(7)) if pattern.on(day))
    until = first if ends > begins else first + timedelta(days=1)
    layer = read(
        "SUMMARY:a\n"
        f"DTSTART;TZID=Europe/Berlin:{first:%Y%m%d}T{begins:02}0000\n"
        f"DTEND;TZID=Europe/Berlin:{until:%Y%m%d}T{ends:02}0000\n"
        f"RRULE:FREQ=WEEKLY;INTERVAL={every};BYDAY={','.join(_DAY_NAMES[day] for day in sorted(days))}"
    )
    at = shown("2026-01-01 00:00") + timedelta(minutes=minutes)
    assert Rota("r", (layer,)).on_duty(at) == rota(pattern).on_duty(at)
