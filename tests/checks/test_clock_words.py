"""People read times by the clock on their wall, and its zone stands beside it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.clock_words import on_the_calendar, on_the_clock
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.together.alcohol_evidence import alcohol_signs
from services.safety.ledger.folding import fold, folded
from tests.brief_knowledge import knowledge
from tests.brief_rules import RULED
from tests.brief_wards import WEST
from tests.builders import at, dose, encounter, observation, order
from tests.checks.ward import Ward


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (datetime(2026, 3, 2, 20, 5, tzinfo=UTC), "UTC", "2026-03-02 20:05 UTC"),
        (datetime(2026, 3, 2, 23, 5, tzinfo=UTC), "Europe/Vienna", "2026-03-03 00:05 CET"),
        (datetime(2026, 3, 2, 3, 5, tzinfo=UTC), "America/Chicago", "2026-03-01 21:05 CST"),
        (datetime(2026, 3, 2, 20, 5, tzinfo=UTC), "America/Sao_Paulo", "2026-03-02 17:05 UTC-03:00"),
        (datetime(2026, 3, 2, 20, 5, tzinfo=UTC), "Asia/Kathmandu", "2026-03-03 01:50 UTC+05:45"),
    ],
)
def test_a_time_is_told_by_the_clock_of_a_zone(at: datetime, zone: str, words: str) -> None:
    assert on_the_clock(at, ZoneInfo(zone)) == words
    assert on_the_calendar(at, ZoneInfo(zone)) == words[:10]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [on_the_clock(at, vienna) for at in twice] == ["2026-10-25 02:30 CEST", "2026-10-25 02:30 CET"]


def test_what_was_said_before_a_stay_was_known_is_not_said_by_the_old_clock() -> None:
    score = observation("75626-2", "8 1", at(0))
    before = folded([order("baclofen"), score], RULED)
    after, _ = fold(before, encounter(at(-1), ward=WEST), RULED)
    (alone,) = alcohol_signs(view_of(before, RULED, at(2), {})).standing
    (on_ward,) = alcohol_signs(view_of(after, RULED, at(2), {})).standing
    assert alone.text.endswith("at 2026-03-02 08:00 UTC")
    assert on_ward.text.endswith("at 2026-03-02 13:30 IST")


def test_staff_read_the_clock_of_their_facility() -> None:
    chicago = Ward(CumulativeDose(), knowledge(zone=ZoneInfo("America/Chicago")))
    finding = chicago.finding([dose("baclofen", "85 mg", at(0))], at(1), "baclofen")
    assert finding is not None
    assert "in the 24 h up to 2026-03-02 02:00 CST" in finding.text
