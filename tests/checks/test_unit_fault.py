"""A dose a hundred times its limit or more is told with the question whether its unit was mistaken."""

from schemas.clinical import PatientFact
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from services.safety.checks.doses.single_dose import SingleDose
from services.safety.checks.judgement import Check, Finding
from tests.builders import at, dose, order
from tests.checks.ward import Ward

ASKED = "was the unit mistaken (mg for ug, g for mg)?"


def told(check: Check, *facts: PatientFact) -> Finding:
    finding = Ward(check).finding(list(facts), at(0))
    assert finding is not None
    return finding


def doubted(finding: Finding) -> bool:
    assert (ASKED in finding.text) is ("suspected_unit_fault" in finding.evidence)
    return ASKED in finding.text


def test_twenty_grams_for_twenty_milligrams_are_major_and_the_unit_is_asked_about() -> None:
    finding = told(SingleDose(), dose("baclofen", "20 g"))
    assert finding.severity.value == "major"
    assert "That is 1000 times the limit: " + ASKED in finding.text
    assert finding.evidence["suspected_unit_fault"] is True


def test_a_hundred_times_the_limit_is_a_doubt_and_a_microgram_less_is_a_plain_overdose() -> None:
    assert doubted(told(SingleDose(), dose("baclofen", "2000 mg")))
    assert not doubted(told(SingleDose(), dose("baclofen", "1999.999 mg")))
    assert doubted(told(SingleDose(), order("baclofen", "2000 mg")))
    assert not doubted(told(SingleDose(), order("baclofen", "1999.999 mg")))


def test_one_dose_of_a_sum_is_asked_about_and_many_small_ones_are_not() -> None:
    assert doubted(told(CumulativeDose(), dose("baclofen", "8000 mg")))
    many = [dose("baclofen", "4000 mg", at(-hours)) for hours in (2, 1, 0)]
    assert not doubted(told(CumulativeDose(), *many))


def test_an_order_by_the_day_is_asked_about_by_its_single_dose() -> None:
    assert doubted(told(PrescribedDose(), order("baclofen", "8 g", times=3)))
    assert not doubted(told(PrescribedDose(), order("baclofen", "7999.999 mg", times=3)))
