"""Limits that count by the calendar day of the facility, and the calendar day shown beside rolling sums."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from schemas.clinical import PatientFact
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.knowledge.models import LimitKind, Reckoning
from tests.brief_knowledge import knowledge, limit
from tests.builders import dose, order
from tests.checks.ward import Ward

BERLIN = ZoneInfo("Europe/Berlin")
BY_DAY = limit("baclofen", LimitKind.DAILY, "80 mg", reckoning=Reckoning.CALENDAR_DAY)
BASE = replace(knowledge(limits={"baclofen": (BY_DAY,)}), zone=BERLIN)
given, coming = Ward(CumulativeDose(), BASE), Ward(ProjectedDose(), BASE)


def clock(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 3) -> datetime:
    """What clocks in Berlin show on a day of March 2026."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=BERLIN).astimezone(UTC)


def doses(*instants: datetime, amount: str = "20 mg") -> list[PatientFact]:
    return [dose("baclofen", amount, instant, entity=f"d{n}") for n, instant in enumerate(instants)]


FOUR = (clock(3, 6), clock(3, 12), clock(3, 18), clock(3, 22))


def test_a_fifth_dose_after_midnight_belongs_to_the_next_day() -> None:
    assert given.finding(doses(*FOUR, clock(4, 0)), clock(4, 0)) is None
    assert given.finding(doses(*FOUR, clock(3, 23, 59, 59)), clock(3, 23, 59, 59)) is not None


def test_a_day_that_was_too_high_stays_so_until_midnight_and_not_a_second_longer() -> None:
    facts = doses(*FOUR, clock(3, 23))
    assert given.severity(facts, clock(3, 23)) == "moderate"
    assert given.judge(facts, clock(3, 23)).review_at == clock(4, 0)
    assert given.finding(facts, clock(3, 23, 59, 59)) is not None
    assert given.finding(facts, clock(4, 0)) is None


def test_the_finding_names_the_day_and_its_zone() -> None:
    finding = given.finding(doses(*FOUR, clock(3, 23)), clock(3, 23))
    assert finding is not None
    assert "100 mg given on 2026-03-03 (Europe/Berlin); limit 80 mg" in finding.text
    assert finding.evidence["calendar_day"] == {
        "day": "2026-03-03",
        "zone": "Europe/Berlin",
        "total": "100",
    }


def test_first_and_last_dose_of_a_day_almost_a_day_apart_may_be_a_dose_late_and_one_early() -> None:
    """The window is shortened by the tolerance: 23 of 24 hours; a quarter above the limit is no excuse."""
    late_and_early = (clock(3, 0, 10), clock(3, 6), clock(3, 12), clock(3, 18), clock(3, 23, 50))
    assert given.finding(doses(*late_and_early), clock(3, 23, 50)) is None
    assert given.severity(doses(*late_and_early, amount="20.001 mg"), clock(3, 23, 50)) == "major"
    assert given.severity(doses(clock(3, 1), *FOUR), clock(3, 23)) == "moderate"


def test_the_day_on_which_clocks_go_back_has_25_hours() -> None:
    facts = doses(*(clock(25, hour, month=10) for hour in (2, 6, 12, 18)))
    last = clock(25, 23, 30, month=10)
    assert clock(26, 0, month=10) - clock(25, 0, month=10) == timedelta(hours=25)
    assert given.finding([*facts, dose("baclofen", "20 mg", last, entity="last")], last) is not None


def test_an_infusion_over_midnight_counts_on_each_day_for_its_part() -> None:
    running = dose("baclofen", "160 mg", clock(3, 18), ended_at=clock(4, 6), entity="long")
    assert given.finding([running], clock(3, 23, 59)) is None
    before = dose("baclofen", "0.01 mg", clock(3, 17), entity="before")
    assert given.finding([running, before], clock(3, 23, 59, 59)) is not None
    assert given.finding([running, before], clock(4, 6)) is None


def test_what_is_still_due_counts_until_midnight_only() -> None:
    every_six = timedelta(hours=6)
    ordered = order("baclofen", "20 mg", clock(3, 6), every=every_six, entity="order")
    extra = dose("baclofen", "20 mg", clock(3, 3), entity="extra")
    assert coming.finding([ordered, extra], clock(3, 4)) is None, "three more are due on this day"
    two_extra = [extra, dose("baclofen", "20.001 mg", clock(3, 4), entity="second")]
    finding = coming.finding([ordered, *two_extra], clock(3, 4))
    assert finding is not None
    assert finding.evidence["total"] == "100.001"


def test_a_calendar_day_is_no_window_of_a_week() -> None:
    with pytest.raises(ValidationError, match="write window: 24 h"):
        limit(
            "baclofen",
            LimitKind.DAILY,
            "80 mg",
            reckoning=Reckoning.CALENDAR_DAY,
            window=timedelta(days=7),
        )


def test_a_rolling_sum_shows_the_calendar_day_beside_it() -> None:
    rolling = Ward(CumulativeDose(), replace(knowledge(), zone=BERLIN))
    facts = doses(clock(3, 20), clock(3, 23), clock(4, 2), clock(4, 6), clock(4, 10))
    finding = rolling.finding(facts, clock(4, 10))
    assert finding is not None
    assert finding.evidence["total"] == "100"
    assert finding.evidence["calendar_day"] == {
        "day": "2026-03-04",
        "zone": "Europe/Berlin",
        "total": "60",
    }
