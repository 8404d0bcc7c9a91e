"""A dose that is for the first days of a treatment is ordered for longer."""

from datetime import timedelta

from schemas.base import Severity
from schemas.clinical import Order, PatientFact
from services.safety.checks.doses.duration import TreatmentDuration
from services.safety.knowledge.kinds.duration import Duration
from tests.brief_knowledge import amount, knowledge, row
from tests.builders import at, dose, order, stopped
from tests.checks.ward import Ward

FIRST_WEEK = Duration(
    **row(
        "duration.diazepam.high",
        subject="drug:diazepam",
        at_most=timedelta(days=7),
        gap=timedelta(hours=48),
        daily_above=amount("10 mg"),
        severity=Severity.MODERATE,
    )
)
ward = Ward(TreatmentDuration(), knowledge(rules=(FIRST_WEEK,)))


def twice(single: str, day: float = 0, entity: str = "high", **more: object) -> Order:
    """Diazepam twice a day from a day on."""
    return order("diazepam", single, at(days=day), times=2, entity=entity, **more)


def found(*facts: PatientFact, **when: float) -> str | None:
    finding = ward.finding(list(facts), at(**when), "diazepam")
    return finding.text if finding is not None else None


def test_a_week_at_the_first_dose_is_allowed_and_the_first_moment_after_it_is_too_long() -> None:
    assert ward.judge([twice("10 mg")], at(days=1), "diazepam").review_at == at(days=7)
    assert found(twice("10 mg"), days=7, seconds=-1) is None
    told = found(twice("10 mg"), days=7)
    assert told is not None
    assert told.startswith("diazepam: above 10 mg a day since 2026-03-02 08:00 UTC; at most 7 days.")


def test_exactly_the_later_dose_is_for_as_long_as_needed_and_a_microgram_more_is_not() -> None:
    assert found(twice("5 mg"), days=30) is None
    assert found(twice("5.001 mg"), days=30) is not None


def test_lowered_in_time_it_is_fine_and_lowered_late_it_ends() -> None:
    low = twice("5 mg", 7, "low")
    assert found(stopped(twice("10 mg"), at(days=7)), low, days=9) is None
    late = stopped(twice("10 mg"), at(days=8))
    assert found(late, days=8, seconds=-1) is not None
    assert found(late, twice("5 mg", 8, "low"), days=8) is None


def test_raised_again_after_months_at_the_lower_dose_the_first_days_begin_anew() -> None:
    before = stopped(twice("5 mg", -90, "low"), at(0))
    assert found(before, twice("10 mg"), days=7, seconds=-1) is None
    assert found(before, twice("10 mg"), days=7) is not None


def test_a_break_of_two_days_begins_a_new_course_and_a_second_less_does_not() -> None:
    first = stopped(twice("10 mg"), at(days=4))
    assert found(first, twice("10 mg", 6, "again"), days=9) is None
    sooner = order("diazepam", "10 mg", at(days=6, seconds=-1), times=2, entity="again")
    assert found(first, sooner, days=9) is not None


def test_what_is_given_without_an_order_is_not_counted_here() -> None:
    doses: list[PatientFact] = [dose("diazepam", "20 mg", at(days=day)) for day in range(9)]
    assert found(*doses, days=8) is None


def test_the_row_says_what_it_is_about() -> None:
    assert FIRST_WEEK.said == "moderate: above 10 mg a day for longer than 7 days"
