"""What is dated before the patient was born: it is told, doses go on being counted, results are not used."""

from datetime import datetime

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.judgement import Finding, View
from services.safety.checks.not_assessed.unassessed_before_birth import UnassessedBeforeBirth
from services.safety.checks.not_assessed.unassessed_measurement import UnassessedMeasurement
from services.safety.checks.patient.measured import measured
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import allergy, at, condition, dose, encounter, observation, order, person, voided
from tests.checks.ward import Ward

told, replaced, summed = Ward(UnassessedBeforeBirth()), Ward(UnassessedMeasurement()), Ward(CumulativeDose())
BORN = at(0)
CHILD = person(0, BORN)


def said(*facts: PatientFact) -> Finding | None:
    return told.finding(list(facts), at(48))


def weighs(now: datetime, *facts: PatientFact) -> str | None:
    known, _ = measured(View(folded(list(facts), KNOWLEDGE), KNOWLEDGE, now, {}), "body-weight")
    return str(known.reading.value) if known.reading is not None else None


def test_a_dose_before_birth_is_told_and_one_within_five_minutes_of_it_is_not() -> None:
    assert said(CHILD, dose("baclofen", "10 mg", at(0, minutes=-5))) is None
    finding = said(CHILD, dose("baclofen", "10 mg", at(0, minutes=-5, seconds=-1), entity="early"))
    assert finding is not None and finding.reason is NotAssessedReason.BEFORE_BIRTH
    assert finding.subjects == ("baclofen",)
    assert finding.implicated == ("early", "self")
    assert "birth date (2026-03-02 08:00 UTC): doses or orders of baclofen (they still count)" in finding.text


def test_an_order_and_a_result_before_birth_are_told_with_it_as_one_issue() -> None:
    finding = said(
        CHILD,
        dose("morphine", "1 mg", at(-2), entity="given"),
        order("baclofen", "5 mg", at(-1), entity="ordered"),
        observation("29463-7", "70 kg", at(-3), entity="weighed"),
    )
    assert finding is not None
    assert finding.subjects == ("baclofen", "morphine")
    assert finding.implicated == ("ordered", "given", "weighed", "self")
    assert "results loinc|29463-7 (they are not used)" in finding.text


def test_stays_conditions_and_allergies_before_birth_are_told_and_still_count() -> None:
    """Of what somebody has often no more is known than the year, of a stay the day."""
    stay = encounter(at(-24, seconds=-1), entity="stay")
    sick = condition("icd10|G40.9", at(days=-366, seconds=-1), entity="sick")
    allergic = allergy("morphine", at(days=-366, seconds=-1), entity="allergic")
    finding = said(CHILD, stay, sick, allergic)
    assert finding is not None
    assert finding.implicated == ("allergic", "sick", "stay", "self")
    assert "allergies, conditions, stays (they still count)" in finding.text
    in_time = encounter(at(-24)), condition("icd10|G40.9", at(days=-366)), allergy("morphine", at(days=-366))
    assert said(CHILD, *in_time) is None


def test_without_a_birth_date_nothing_is_before_it() -> None:
    assert said(person(None, BORN), dose("baclofen", "10 mg", at(days=-300))) is None


def test_it_ends_when_the_birth_date_or_the_time_is_corrected() -> None:
    early = dose("baclofen", "10 mg", at(-2))
    assert said(CHILD, early) is not None
    assert said(CHILD, person(50, at(1)), early) is None
    assert said(CHILD, early, voided(early, at(1))) is None


def test_a_dose_before_birth_stays_in_the_sum() -> None:
    """Which of the two dates is wrong nobody knows: an overdose is not left out for it."""
    doses = [dose("baclofen", "50 mg", at(hours)) for hours in (-1, 1)]
    assert summed.severity([CHILD, *doses], at(1)) == "moderate"


def test_the_weight_of_the_mother_is_not_that_of_the_newborn() -> None:
    mother = observation("29463-7", "70 kg", at(-3), entity="mother")
    assert weighs(at(1), mother) == "70"
    assert weighs(at(1), CHILD, mother) is None
    finding = replaced.finding([CHILD, mother], at(1))
    assert finding is not None and finding.reason is NotAssessedReason.BEFORE_BIRTH
    assert "because it is dated before the birth date; it counts as not known" in finding.text


def test_what_was_weighed_before_birth_makes_no_leap_of_the_first_weight_after_it() -> None:
    mother = observation("29463-7", "70 kg", at(-3), entity="mother")
    child = observation("29463-7", "3.2 kg", at(0, minutes=20), entity="child")
    assert weighs(at(1), CHILD, mother, child) == "3.2"
