"""Simulated time beside the wall clock."""

from services.intake.pacing import Pace
from tests.intake.writing import at


def test_an_hour_at_a_pace_of_sixty_takes_a_minute_less_what_already_passed() -> None:
    wall = [100.0]
    pace = Pace(60, clock=lambda: wall[0])
    assert pace.wait_s(at("2026-03-02T08:00:00")) == 0
    wall[0] = 110.0
    assert pace.wait_s(at("2026-03-02T09:00:00")) == 50
    wall[0] = 200.0
    assert pace.wait_s(at("2026-03-02T09:00:00")) < 0
