"""When the doses of an order are due, by the clocks of the house."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.safety.checks.amounts.dose_slots import due_times, open_slots
from services.safety.checks.wards.local_time import day_begins, day_ends
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dosage, order

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(after: str, until: str, zone: ZoneInfo, *clocks: str, start: str = "", **more: Any) -> list[str]:
    timed = dosage(times=None, times_of_day=clocks, **more)
    facts = [order("baclofen", when=utc(start or after), dosages=(timed,))]
    (entry,) = folded(facts, KNOWLEDGE).prescribed["baclofen"]
    return [f"{at:%m-%d %H:%M}" for at in due_times(entry, utc(after), utc(until), zone)]


def test_eight_in_the_morning_in_berlin_is_seven_by_utc_in_winter_and_six_in_summer() -> None:
    assert due("2026-01-10T00:00", "2026-01-11T00:00", BERLIN, "08:00") == ["01-10 07:00"]
    assert due("2026-07-10T00:00", "2026-07-11T00:00", BERLIN, "08:00") == ["07-10 06:00"]


def test_a_clock_time_that_the_spring_day_does_not_have_is_the_moment_at_which_clocks_go_forward() -> None:
    berlin = due("2026-03-28T12:00", "2026-03-29T12:00", BERLIN, "01:59", "02:30", "03:01")
    assert berlin == ["03-29 00:59", "03-29 01:00", "03-29 01:01"]
    york = due("2026-03-07T18:00", "2026-03-08T18:00", NEW_YORK, "01:59", "02:00", "02:59", "03:01")
    assert york == ["03-08 06:59", "03-08 07:00", "03-08 07:01"]


def test_a_clock_time_that_the_autumn_day_has_twice_is_the_first() -> None:
    assert due("2026-10-24T12:00", "2026-10-25T12:00", BERLIN, "02:30") == ["10-25 00:30"]
    assert due("2026-10-31T18:00", "2026-11-01T18:00", NEW_YORK, "01:30") == ["11-01 05:30"]


def test_clock_times_stay_the_same_by_the_clock_over_the_change() -> None:
    assert due("2026-03-28T00:00", "2026-03-30T12:00", BERLIN, "08:00") == [
        "03-28 07:00",
        "03-29 06:00",
        "03-30 06:00",
    ]


def test_a_weekly_dose_at_a_clock_time_is_due_once_a_week_and_not_every_day() -> None:
    week = {"period_seconds": Decimal(604_800), "times_low": Decimal(1)}
    found = due("2026-03-19T00:00", "2026-04-05T00:00", BERLIN, "08:00", start="2026-03-16T12:00", **week)
    assert found == ["03-24 07:00", "03-31 06:00"]


def test_days_that_cannot_be_told_from_the_schedule_are_not_guessed() -> None:
    odd = {"period_seconds": Decimal(604_800), "times_low": Decimal(3)}
    assert due("2026-03-19T00:00", "2026-04-05T00:00", BERLIN, "08:00", **odd) == []


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, "2026-03-29T10:00", 23),
        (BERLIN, "2026-10-25T10:00", 25),
        (BERLIN, "2026-06-01T10:00", 24),
        (NEW_YORK, "2026-03-08T15:00", 23),
        (NEW_YORK, "2026-11-01T15:00", 25),
    ],
)
def test_the_day_on_which_clocks_change_has_23_or_25_hours(zone: ZoneInfo, day: str, hours: int) -> None:
    assert day_ends(utc(day), zone) - day_begins(utc(day), zone) == timedelta(hours=hours)


def test_a_day_begins_with_midnight_itself_and_not_a_second_before() -> None:
    midnight = utc("2026-03-28T23:00")
    assert day_begins(midnight, BERLIN) == midnight
    assert day_ends(midnight - timedelta(seconds=1), BERLIN) == midnight


def test_a_day_whose_midnight_does_not_exist_begins_when_clocks_go_forward() -> None:
    assert day_begins(utc("2026-04-24T10:00"), ZoneInfo("Africa/Cairo")) == utc("2026-04-23T22:00")


def test_a_dose_accounts_for_the_nearest_due_time_within_the_tolerance_and_no_second_later() -> None:
    hour = timedelta(hours=1)
    assert open_slots([at(8), at(12)], [at(9)], lambda _: hour) == [at(12)]
    assert open_slots([at(8), at(12)], [at(9, seconds=1)], lambda _: hour) == [at(8), at(12)]
