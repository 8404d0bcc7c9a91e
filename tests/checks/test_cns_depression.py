"""Several classes of sedating drugs act together."""

from decimal import Decimal

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.together.cns_depression import CnsDepression
from tests.builders import at, condition, dose, observation, order, person
from tests.checks.ward import Ward

ward = Ward(CnsDepression())
BACLOFEN: PatientFact = order("baclofen")
MORPHINE: PatientFact = order("morphine")
DIAZEPAM: PatientFact = order("diazepam")
EGFR = "98979-8"


def test_one_class_is_no_issue_two_are_moderate_three_are_major() -> None:
    assert ward.finding([BACLOFEN], at(0)) is None
    assert ward.severity([BACLOFEN, MORPHINE], at(0)) == "moderate"
    assert ward.severity([BACLOFEN, MORPHINE, order("amitriptyline")], at(0)) == "major"


def test_more_classes_than_listed_take_the_highest() -> None:
    facts = [BACLOFEN, MORPHINE, order("amitriptyline"), order("zolpidem")]
    assert ward.severity(facts, at(0)) == "major"


def test_two_drugs_of_one_class_count_once() -> None:
    assert ward.finding([MORPHINE, order("oxycodone")], at(0)) is None


def test_one_issue_for_the_patient_about_every_drug() -> None:
    finding = ward.finding([BACLOFEN, MORPHINE, order("oxycodone")], at(0))
    assert finding is not None
    assert finding.subject == ""
    assert finding.subjects == ("baclofen", "morphine", "oxycodone")
    assert finding.evidence["count"] == 2


def test_a_further_drug_shows_in_the_level() -> None:
    two = ward.finding([BACLOFEN, MORPHINE], at(0))
    three = ward.finding([BACLOFEN, MORPHINE, order("oxycodone")], at(0))
    assert two is not None
    assert three is not None
    assert three.level > two.level * Decimal("1.1")


def test_as_needed_counts_only_for_24_hours_after_it_was_given() -> None:
    prn = order("morphine", as_needed=True)
    assert ward.finding([BACLOFEN, prn], at(0)) is None
    facts: list[PatientFact] = [BACLOFEN, prn, dose("morphine", "5 mg", at(1))]
    assert ward.finding(facts, at(25, seconds=-1)) is not None
    assert ward.finding(facts, at(25)) is None
    assert ward.judge(facts, at(2)).review_at == at(25)


def test_measured_alcohol_is_a_class_until_it_is_gone() -> None:
    facts = [BACLOFEN, observation("5643-2", "25 mg/dL", at(0))]
    finding = ward.finding(facts, at(1))
    assert finding is not None
    assert finding.subjects == ("baclofen",)
    assert finding.evidence["count"] == 2
    assert ward.finding(facts, at(1, seconds=1)) is None


def test_observed_alcohol_is_a_class_and_a_diagnosis_is_not() -> None:
    assert ward.severity([BACLOFEN, observation("74013-4", "3 1")], at(0)) == "moderate"
    assert ward.finding([BACLOFEN, condition("icd10|F10.2")], at(0)) is None


def test_an_opioid_with_a_benzodiazepine_is_a_step_worse_from_65_years() -> None:
    facts = [MORPHINE, DIAZEPAM, person(65, at(2))]
    assert ward.judge(facts, at(0)).review_at == at(2)
    assert ward.severity(facts, at(2, seconds=-1)) == "moderate"
    assert ward.severity(facts, at(2)) == "major"


def test_other_pairs_are_no_step_worse_in_old_age() -> None:
    assert ward.severity([BACLOFEN, MORPHINE, person(80)], at(0)) == "moderate"


def test_an_egfr_below_thirty_is_a_step_worse_for_48_hours() -> None:
    facts = [MORPHINE, DIAZEPAM, person(50), observation(EGFR, "29.9 mL/min/{1.73_m2}", at(0))]
    assert ward.severity(facts, at(48, seconds=-1)) == "major"
    assert ward.severity(facts, at(48)) == "moderate"
    assert ward.severity([*facts, observation(EGFR, "30 mL/min/{1.73_m2}", at(1))], at(1)) == "moderate"


def test_the_newest_egfr_of_the_family_counts() -> None:
    facts = [
        MORPHINE,
        DIAZEPAM,
        observation("33914-3", "20 mL/min/{1.73_m2}", at(0)),
        observation(EGFR, "60 mL/min/{1.73_m2}", at(1)),
    ]
    assert ward.severity(facts, at(0)) == "major"
    assert ward.severity(facts, at(1)) == "moderate"


def test_copd_is_a_step_worse() -> None:
    assert ward.severity([MORPHINE, order("gabapentin"), condition("icd10|J44.1")], at(0)) == "major"


def test_an_unknown_age_or_egfr_raises_nothing_and_is_said() -> None:
    finding = ward.finding([MORPHINE, DIAZEPAM], at(0))
    assert finding is not None
    assert finding.severity.value == "moderate"
    assert finding.evidence["not_known"] == ["age", "eGFR"]
    assert finding.evidence["raised_by"] == []


def test_a_drug_on_the_skin_does_not_count() -> None:
    cream = dose("morphine", "10 mg", route=Route.TOPICAL)
    assert ward.finding([BACLOFEN, cream], at(0)) is None


def test_a_spinal_and_an_oral_dose_of_baclofen_are_one_class() -> None:
    spinal = dose("baclofen", "100 ug", route=Route.INTRATHECAL)
    assert ward.finding([BACLOFEN, spinal], at(0)) is None
