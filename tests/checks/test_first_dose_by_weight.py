"""A child starts with so much for each kilogram, and nothing is assumed of a weight or an age."""

from datetime import timedelta
from decimal import Decimal

from schemas.base import Severity
from schemas.clinical import PatientFact
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from services.safety.knowledge.kinds.first_dose import FirstDose
from tests.brief_knowledge import MEASUREMENTS, MOUTH, amount, knowledge, row
from tests.builders import at, observation, order, person
from tests.checks.ward import Ward

ROW = FirstDose(
    **row(
        "first-dose.child",
        subject="drug:baclofen",
        routes=MOUTH,
        daily_max=amount("0.3 mg"),
        per="kg",
        age_below=Decimal(18),
        naive_for=timedelta(days=14),
        watched_for=timedelta(hours=72),
        severity=Severity.MODERATE,
    )
)
ward = Ward(FirstDoseTooHigh(), knowledge(rules=(ROW,), measurements=MEASUREMENTS))
KNOWN: PatientFact = order("ibuprofen", "100 mg", at(days=-14), entity="long ago")
CHILD = person(6)
WEIGHT = observation("29463-7", "20 kg", at(-1))


def start(single: str) -> PatientFact:
    return order("baclofen", single, at(0), times=4)


def told(*facts: PatientFact, hours: float = 0) -> Finding | None:
    return ward.finding([KNOWN, *facts], at(hours))


def reason(finding: Finding | None) -> str | None:
    return finding.reason.value if finding is not None and finding.reason is not None else None


def test_six_milligrams_a_day_start_a_child_of_twenty_kilograms_and_a_microgram_more_is_too_much() -> None:
    assert told(CHILD, WEIGHT, start("1.5 mg")) is None
    high = told(CHILD, WEIGHT, start("1.50025 mg"))
    assert high is not None
    assert (high.evidence["total"], high.evidence["limit"]) == ("6.001", "6")
    assert "starts with at most 6 mg (0.3 mg/kg, 20 kg) a day." in high.text
    assert WEIGHT.entity in high.implicated


def test_without_a_weight_nothing_is_assumed_and_that_is_said() -> None:
    assert reason(told(CHILD, start("1 mg"))) == "missing-weight"
    assert (
        reason(told(CHILD, observation("29463-7", "20 kg", at(days=-8)), start("1 mg"))) == "missing-weight"
    )


def test_without_an_age_it_is_said_that_nobody_knows() -> None:
    assert reason(told(WEIGHT, start("1 mg"))) == "missing-age"


def test_a_weight_that_comes_later_judges_the_start_anew() -> None:
    late = observation("29463-7", "10 kg", at(5))
    assert reason(told(CHILD, late, start("1 mg"), hours=4)) == "missing-weight"
    high = told(CHILD, late, start("1 mg"), hours=5)
    assert high is not None and high.evidence["limit"] == "3"


def test_from_the_eighteenth_birthday_on_the_row_is_silent() -> None:
    grown = person(18)
    assert told(grown, WEIGHT, start("20 mg")) is None
    almost = person(18, at(0, seconds=2))
    assert told(almost, WEIGHT, start("20 mg")) is not None
    assert told(almost, WEIGHT, start("20 mg"), hours=1) is None


def test_after_three_days_the_start_is_over_whether_a_weight_is_known_or_not() -> None:
    assert told(CHILD, start("1 mg"), hours=72) is None
