"""Heparin that keeps a line open in an adult is no second anticoagulant beside enoxaparin."""

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication, Route
from services.safety.checks.together.duplicate_therapy import DuplicateTherapy
from services.safety.knowledge.loader import load
from tests.builders import at, dosage, dose, in_words, order, person, stopped
from tests.checks.ward import Ward

ward = Ward(DuplicateTherapy(), load())
HEPARIN = Medication(text="heparin", codings=(Coding(system="rxnorm", code="5224", display="heparin"),))
VEIN = Route.INTRAVENOUS
ADULT = person(50)
ENOXAPARIN: PatientFact = order(
    in_words("enoxaparin"), None, at(-1), route=Route.SUBCUTANEOUS, entity="enoxaparin"
)
FLUSHES: PatientFact = order(
    HEPARIN, None, at(-1), dosages=(dosage("500 U", times=3, route=VEIN),), entity="flushes"
)


def told(*facts: PatientFact, hours: float = 2) -> str | None:
    return ward.severity([ENOXAPARIN, *facts], at(hours))


def given(amount: str, order: str | None = None) -> PatientFact:
    return dose(HEPARIN, amount, at(1), route=VEIN, order=order, entity="dose")


@pytest.mark.parametrize(("amount", "severity"), [("500 U", None), ("501 U", "major"), ("500 [iU]", None)])
def test_a_loose_dose_that_only_flushes_is_none(amount: str, severity: str | None) -> None:
    assert told(ADULT, given(amount)) == severity


def test_an_order_that_only_flushes_is_none_nor_is_a_dose_of_it() -> None:
    assert told(ADULT, FLUSHES) is None
    assert told(ADULT, FLUSHES, given("500 U", "flushes")) is None


def test_a_treatment_charted_under_an_order_for_flushes_is_one_until_that_is_stopped() -> None:
    assert told(ADULT, FLUSHES, given("5000 U", "flushes")) == "major"
    assert told(ADULT, FLUSHES, given("5000 U", "flushes"), hours=9) is None
    assert told(ADULT, FLUSHES, stopped(FLUSHES, at(2)), given("5000 U", "flushes")) is None


def test_the_same_is_told_of_a_child_and_where_the_age_is_not_known() -> None:
    assert told(person(17), FLUSHES) == "major"
    assert told(FLUSHES) == "major"


def test_it_ends_on_the_day_a_patient_is_of_age() -> None:
    almost = person(17.999)
    turns = ward.judge([ENOXAPARIN, almost, FLUSHES], at(0)).review_at
    assert turns is not None
    assert ward.severity([ENOXAPARIN, almost, FLUSHES], at(0)) == "major"
    assert ward.finding([ENOXAPARIN, almost, FLUSHES], turns) is None
