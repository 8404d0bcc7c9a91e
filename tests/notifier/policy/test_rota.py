"""Who is on duty: shifts, turns, covers, hand-overs, gaps; on the odd days of the year as well."""

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notifier.policy.rota import Pattern, Rota
from services.notifier.policy.shifts import Shift
from tests.notifier.policy.duty_plans import (
    BERLIN,
    cover,
    rota,
    shift,
    shown,
    three_shifts,
    turns,
    utc,
)

_BLINK = timedelta(microseconds=1)
_ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC")


def test_who_ends_hands_over_to_who_begins_at_one_instant() -> None:
    ward = three_shifts()
    change = shown("2026-05-04 14:00")
    assert ward.on_duty(change - _BLINK) == ("n-early",)
    assert ward.on_duty(change) == ("n-late",)
    assert ward.handovers(change - timedelta(hours=1), change + timedelta(hours=1)) == (change,)


@pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-05-04", 8)])
def test_the_night_shift_lasts_until_the_clock_shows_its_end(night: str, hours: int) -> None:
    begins = shown(f"{night} 22:00")
    timeline = three_shifts().timeline(begins, begins + timedelta(days=1))
    assert timeline[0].persons == ("n-night",)
    assert timeline[0].end - timeline[0].start == timedelta(hours=hours)
    assert timeline[1].persons == ("n-early",)


def test_a_hand_over_at_a_time_that_is_leapt_over_leaves_nobody_out_and_doubles_nobody() -> None:
    ward = rota(shift("22:00", "02:30", "a"), shift("02:30", "06:00", "b"))
    begins = shown("2026-03-28 22:00")
    parts = ward.timeline(begins, shown("2026-03-29 06:00"))
    assert [(part.persons, part.end) for part in parts] == [
        (("a",), utc("2026-03-29 01:00")),
        (("b",), utc("2026-03-29 04:00")),
    ]


def test_a_hand_over_in_the_hour_that_comes_twice_happens_once() -> None:
    ward = rota(shift("22:00", "02:30", "a"), shift("02:30", "22:00", "b"))
    start = shown("2026-10-24 22:00")
    assert ward.handovers(start, start + timedelta(hours=20)) == (utc("2026-10-25 00:30"),)


def test_turns_go_on_over_the_year_and_the_leap_day() -> None:
    ward = rota(turns("00:00", "00:00", "a", "b", "c", starting="2027-12-27"))
    assert ward.on_duty(shown("2028-01-02 23:59")) == ("a",)
    assert ward.on_duty(shown("2028-01-03 00:00")) == ("b",)
    assert ward.on_duty(shown("2028-02-29 12:00")) == ("a",)
    assert ward.on_duty(shown("2028-03-06 12:00")) == ("b",)
    daily = rota(turns("08:00", "08:00", "a", "b", starting="2028-02-28", turn="day"))
    noons = [shown(f"2028-{day} 12:00") for day in ("02-28", "02-29", "03-01")]
    assert [daily.on_duty(noon) for noon in noons] == [("a",), ("b",), ("a",)]


def test_nobody_is_on_duty_before_a_shift_starts_or_after_its_last_day() -> None:
    short = Shift.model_validate(
        {
            **shift("22:00", "06:00", "a").model_dump(),
            "starting": date(2026, 5, 1),
            "ending": date(2026, 5, 2),
        }
    )
    ward = rota(short)
    assert ward.on_duty(shown("2026-04-30 23:00")) == ()
    assert ward.on_duty(shown("2026-05-01 23:00")) == ("a",)
    assert ward.on_duty(shown("2026-05-03 05:59")) == ("a",)
    assert ward.on_duty(shown("2026-05-03 23:00")) == ()


def test_every_other_week() -> None:
    ward = rota(turns("08:00", "16:00", "a", "b", starting="2026-01-05", every=2))
    mondays = [shown(f"2026-01-{day:02} 12:00") for day in (5, 12, 19, 26)]
    assert [ward.on_duty(monday) for monday in mondays] == [("a",), (), ("b",), ()]


def test_a_later_layer_counts_alone_where_it_has_somebody() -> None:
    base = Pattern((shift("00:00", "00:00", "base"),), BERLIN)
    weekend = Pattern((shift("08:00", "20:00", "weekend", days=frozenset((5, 6))),), BERLIN)
    ward = Rota("ward-3-nurses", (base, weekend))
    assert ward.on_duty(shown("2026-05-09 12:00")) == ("weekend",)
    assert ward.on_duty(shown("2026-05-09 20:00")) == ("base",)
    assert ward.on_duty(shown("2026-05-11 12:00")) == ("base",)


def test_a_cover_replaces_one_person_or_all_of_them_and_ends() -> None:
    pair = shift("06:00", "14:00", "a", "b")
    for_one = rota(pair, covers=(cover("2026-05-04 06:00", "2026-05-04 10:00", "c", instead_of="a"),))
    assert for_one.on_duty(shown("2026-05-04 09:00")) == ("b", "c")
    assert for_one.on_duty(shown("2026-05-04 10:00")) == ("a", "b")
    for_all = rota(pair, covers=(cover("2026-05-04 10:00", "2026-05-04 20:00", "c"),))
    assert for_all.on_duty(shown("2026-05-04 11:00")) == ("c",)
    assert for_all.on_duty(shown("2026-05-04 19:59")) == ("c",)
    assert for_all.on_duty(shown("2026-05-04 20:00")) == ()


def test_a_cover_for_somebody_who_is_not_on_duty_calls_nobody() -> None:
    ward = rota(
        shift("06:00", "14:00", "a"),
        covers=(cover("2026-05-04 00:00", "2026-05-05 00:00", "c", instead_of="a"),),
    )
    assert ward.on_duty(shown("2026-05-04 15:00")) == ()


def test_a_gap_is_found_to_the_minute() -> None:
    ward = rota(shift("06:00", "14:00", "a"), shift("14:30", "06:00", "b"))
    gaps = ward.gaps(shown("2026-03-28 06:00"), shown("2026-03-30 06:00"))
    assert [(gap.start, gap.end) for gap in gaps] == [
        (shown(f"2026-03-{day} 14:00"), shown(f"2026-03-{day} 14:30")) for day in (28, 29)
    ]
    assert three_shifts().gaps(shown("2026-01-01 00:00"), shown("2027-01-01 00:00")) == ()


@pytest.mark.parametrize(
    "row",
    [
        {"together": ("a",), "in_turn": ("b",)},
        {"in_turn": ("a", "b")},
        {"together": ("a",), "every": 2},
        {"together": ("a",), "starting": date(2026, 5, 2), "ending": date(2026, 5, 1)},
        {},
    ],
)
def test_a_shift_that_says_too_much_or_too_little_is_refused(row: dict[str, object]) -> None:
    whole = shift("06:00", "14:00", "a").model_dump(exclude={"together"})
    with pytest.raises(ValidationError):
        Shift.model_validate({**whole, **row})


_MINUTES = st.integers(0, 24 * 60 - 1)


@st.composite
def _rotas(draw: st.DrawFn) -> Rota:
    """A ward's day cut into shifts that follow each other, whatever the times."""
    zone = ZoneInfo(draw(st.sampled_from(_ZONES)))
    cuts = draw(st.lists(_MINUTES, min_size=1, max_size=5, unique=True).map(sorted))
    texts = [f"{cut // 60:02}:{cut % 60:02}" for cut in cuts]
    bounds = [*pairwise(texts), (texts[-1], texts[0])]
    return rota(
        *(shift(first, last, f"n-{number}") for number, (first, last) in enumerate(bounds)), zone=zone
    )


@given(ward=_rotas(), day=st.dates(date(2020, 1, 1), date(2032, 12, 31)))
def test_shifts_that_follow_each_other_leave_no_gap_and_never_overlap_on_any_day(
    ward: Rota, day: date
) -> None:
    start = utc(f"{day} 00:00")
    for part in ward.timeline(start, start + timedelta(days=2)):
        assert len(part.persons) == 1


@given(
    ward=_rotas(),
    start=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    minutes=st.integers(0, 3 * 24 * 60 - 1),
)
def test_the_timeline_says_what_is_said_of_each_instant(ward: Rota, start: date, minutes: int) -> None:
    begins = utc(f"{start} 00:00")
    instant = begins + timedelta(minutes=minutes)
    timeline = ward.timeline(begins, begins + timedelta(days=3))
    assert [timeline[0].start, timeline[-1].end] == [begins, begins + timedelta(days=3)]
    assert all(first.end == second.start for first, second in pairwise(timeline))
    (part,) = (part for part in timeline if part.holds(instant))
    assert ward.on_duty(instant) == part.persons
