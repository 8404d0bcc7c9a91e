"""The ward's clock on the nights on which it is changed."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.policy.wall_clock import exists, instant_of
from tests.notifier.policy.duty_plans import BERLIN, utc

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",  # changed at midnight
        "Australia/Lord_Howe",  # by half an hour
        "Pacific/Apia",  # left out a whole day: 30 December 2011
        "UTC",
    )
]


def test_in_spring_a_time_that_the_clock_leaps_over_is_the_instant_of_the_leap() -> None:
    spring = date(2026, 3, 29)
    assert not exists(spring, time(2, 15), BERLIN)
    assert instant_of(spring, time(2, 15), BERLIN) == utc("2026-03-29 01:00")
    assert instant_of(spring, time(3), BERLIN) == utc("2026-03-29 01:00")
    assert instant_of(spring, time(1, 59), BERLIN) == utc("2026-03-29 00:59")


def test_in_autumn_a_time_that_the_clock_passes_twice_is_its_first_passing() -> None:
    autumn = date(2026, 10, 25)
    assert exists(autumn, time(2, 30), BERLIN)
    assert instant_of(autumn, time(2, 30), BERLIN) == utc("2026-10-25 00:30")
    assert instant_of(autumn, time(3), BERLIN) == utc("2026-10-25 02:00")


def test_a_leap_day_is_a_day() -> None:
    assert instant_of(date(2028, 2, 29), time(23), BERLIN) == utc("2028-02-29 22:00")


@pytest.mark.parametrize("zone", ZONES, ids=str)
@given(
    day=st.dates(date(2009, 1, 1), date(2035, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    later=st.integers(0, 24 * 60 - 1),
)
def test_a_later_time_of_the_clock_is_never_an_earlier_instant(
    zone: ZoneInfo, day: date, minute: int, later: int
) -> None:
    first, second = sorted((minute, later))
    at = [instant_of(day, time(of // 60, of % 60), zone) for of in (first, second)]
    assert at[0] <= at[1] <= instant_of(day + timedelta(days=1), time(0), zone)
