"""Weights that cannot be: pounds as kilograms, grams as kilograms, a slip of the pen."""

import pytest

from schemas.clinical import PatientFact
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.judgement import Finding
from services.safety.checks.not_assessed.unassessed_measurement import UnassessedMeasurement
from services.safety.knowledge.models import LimitKind
from tests.brief_knowledge import knowledge, limit
from tests.builders import at, dose, observation, person, voided
from tests.checks.ward import Ward

DRUG = "acetaminophen"
BASE = knowledge(limits={DRUG: (limit(DRUG, LimitKind.SINGLE, "15 mg", per="kg"),)})
told, single = Ward(UnassessedMeasurement(), BASE), Ward(SingleDose(), BASE)


def weight(kg: str, hours: float) -> PatientFact:
    return observation("29463-7", f"{kg} kg", at(hours), entity=f"weight {hours:g}")


def used(facts: list[PatientFact], hours: float) -> str | None:
    """The weight by which a gram of acetaminophen is too much."""
    finding = single.finding([*facts, dose(DRUG, "100 g", at(hours))], at(hours), DRUG)
    return str(finding.evidence["body_weight"]["kg"]) if finding is not None else None  # type: ignore[index,call-overload]


def said(facts: list[PatientFact], hours: float) -> Finding | None:
    return told.finding(facts, at(hours))


@pytest.mark.parametrize("slip", ["154", "0.7", "32"])
def test_pounds_grams_and_a_slip_of_the_pen_are_not_used_and_that_is_said(slip: str) -> None:
    facts = [weight("70", 0), weight(slip, 5)]
    assert used(facts, 6) == "70"
    finding = said(facts, 6)
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "implausible-value"
    assert "70 kg of 2026-03-02 08:00 UTC is used. Measure again." in finding.text
    assert finding.implicated == ("weight 5", "weight 0")


def test_a_fifth_more_is_believed_and_a_gram_more_than_that_is_not() -> None:
    assert used([weight("70", 0), weight("84", 5)], 6) == "84"
    assert used([weight("70", 0), weight("84.001", 5)], 6) == "70"
    assert used([weight("70", 0), weight("56", 5)], 6) == "56"
    assert used([weight("70", 0), weight("55.999", 5)], 6) == "70"


def test_after_seven_days_a_patient_may_weigh_anything_again() -> None:
    week = 7 * 24
    assert used([weight("70", 0), weight("100", week)], week) == "70"
    later = observation("29463-7", "100 kg", at(week, seconds=1), entity="later")
    assert used([weight("70", 0), later], week + 1) == "100"


@pytest.mark.parametrize(("slip", "believed"), [("154", False), ("32", False), ("145", True), ("165", True)])
def test_pounds_for_kilograms_are_noticed_for_a_month(slip: str, believed: bool) -> None:
    """Within five per cent of 2.2 times the weight before, or of that part of it; 145 and 165 are not."""
    days = 29 * 24
    assert used([weight("70", 0), weight(slip, days)], days) == (slip if believed else "70")
    later = observation("29463-7", f"{slip} kg", at(30 * 24, seconds=1), entity="later")
    assert used([weight("70", 0), later], 30 * 24 + 1) == slip


def test_a_second_weight_in_pounds_confirms_the_first() -> None:
    week = 7 * 24
    facts = [weight("70", 0), weight("154", week + 1), weight("155", week + 2)]
    assert used(facts, week + 2) == "155"
    assert said(facts, week + 2) is None


@pytest.mark.parametrize(
    ("days_old", "kg", "believed"),
    [
        (1, "12", True),
        (1, "12.001", False),
        (28, "30", True),
        (28, "30.001", False),
        (366, "70", True),
        (366, "2.999", False),
        (366, "3", True),
        (18 * 366, "20", True),
        (18 * 366, "19.999", False),
    ],
)
def test_nobody_of_that_age_has_that_weight(days_old: int, kg: str, believed: bool) -> None:
    """Grams as kilograms, a decimal point, the mother's weight."""
    facts = [person(None, at(-1), born_at=at(days=-days_old)), weight(kg, 0)]
    assert used(facts, 0) == (kg if believed else None)
    assert (said(facts, 0) is None) is believed


def test_the_weight_of_the_newborn_stands_in_for_the_one_in_grams() -> None:
    facts = [person(None, at(-1), born_at=at(-1)), weight("3.2", 0), weight("320", 1)]
    assert used(facts, 2) == "3.2"


def test_a_second_weight_like_the_doubted_one_confirms_it() -> None:
    facts = [weight("70", 0), weight("100", 5), weight("101", 6)]
    assert used(facts, 6) == "101"
    assert said(facts, 6) is None


def test_a_body_that_nobody_has_is_not_believed_even_if_it_is_the_first() -> None:
    tall = observation("8302-2", "200 cm", at(-1), entity="height")
    assert used([tall, weight("40", 0)], 1) == "40"
    assert used([tall, weight("39.999", 0)], 1) is None
    assert used([tall, weight("320", 0)], 1) == "320"
    finding = said([tall, weight("320.001", 0)], 1)
    assert finding is not None and "it counts as not known" in finding.text


def test_it_is_over_when_the_wrong_weight_is_taken_back() -> None:
    wrong = weight("154", 5)
    assert said([weight("70", 0), wrong, voided(wrong, at(6))], 7) is None


def test_an_unknown_unit_is_said_too() -> None:
    stones = observation("29463-7", "11 stone", at(5), entity="stones")
    finding = said([weight("70", 0), stones], 6)
    assert finding is not None and "its unit is not known; 70 kg" in finding.text
