"""A drug that is dangerous with alcohol is active, and alcohol is proven."""

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.safety.checks.together.alcohol import Alcohol
from tests.builders import at, condition, dose, observation, order, person
from tests.checks.ward import Ward

ward = Ward(Alcohol())
ETHANOL = "5643-2"
BACLOFEN: PatientFact = order("baclofen")


def test_a_level_of_eighty_is_major_and_one_below_it_moderate() -> None:
    assert ward.severity([BACLOFEN, observation(ETHANOL, "80 mg/dL")], at(0)) == "major"
    assert ward.severity([BACLOFEN, observation(ETHANOL, "79.999 mg/dL")], at(0)) == "moderate"


def test_a_high_level_becomes_moderate_when_it_has_fallen_below_eighty() -> None:
    facts = [BACLOFEN, observation(ETHANOL, "95 mg/dL", at(0))]
    assert ward.judge(facts, at(0)).review_at == at(1, microseconds=1)
    assert ward.severity(facts, at(1)) == "major"
    assert ward.severity(facts, at(1, seconds=1)) == "moderate"


def test_alcohol_is_gone_when_the_level_has_fallen_below_ten() -> None:
    facts = [BACLOFEN, observation(ETHANOL, "25 mg/dL", at(0))]
    assert ward.judge(facts, at(0)).review_at == at(1, microseconds=1)
    assert ward.severity(facts, at(1)) == "moderate"
    assert ward.finding(facts, at(1, seconds=1)) is None


def test_the_level_falls_fifteen_an_hour_to_the_minute() -> None:
    facts = [BACLOFEN, observation(ETHANOL, "200 mg/dL", at(0))]
    assert ward.severity(facts, at(8)) == "major"
    assert ward.severity(facts, at(8, minutes=1)) == "moderate"
    assert ward.severity(facts, at(12, minutes=40)) == "moderate"
    assert ward.finding(facts, at(12, minutes=41)) is None


def test_a_level_of_ten_counts_and_one_below_it_does_not() -> None:
    assert ward.severity([BACLOFEN, observation(ETHANOL, "10 mg/dL")], at(0)) == "moderate"
    assert ward.finding([BACLOFEN, observation(ETHANOL, "9.9 mg/dL")], at(0)) is None


def test_grams_per_litre_are_converted() -> None:
    assert ward.severity([BACLOFEN, observation(ETHANOL, "0.8 g/L")], at(0)) == "major"


@pytest.mark.parametrize("result", ["NEG", "Negative", "none detected", "<10", ""])
def test_a_negative_result_is_no_evidence(result: str) -> None:
    assert ward.finding([BACLOFEN, observation(ETHANOL, None, text=result)], at(0)) is None


def test_a_newer_negative_result_replaces_a_high_level() -> None:
    facts = [
        BACLOFEN,
        observation(ETHANOL, "200 mg/dL", at(0)),
        observation("5640-8", None, at(1), text="NEG"),
    ]
    assert ward.severity(facts, at(1, seconds=-1)) == "major"
    assert ward.finding(facts, at(1)) is None


def test_a_level_in_moles_is_not_assessed() -> None:
    finding = ward.finding([BACLOFEN, observation(ETHANOL, "20 mmol/L")], at(0))
    assert finding is not None
    assert finding.check == "not-assessed"
    assert finding.reason is not None
    assert finding.reason.value == "unconvertible-unit"
    assert finding.subjects == ("baclofen",)


def test_a_screening_score_counts_from_four_and_for_women_from_three() -> None:
    score = observation("75626-2", "3 1")
    assert ward.finding([BACLOFEN, score, person(50, sex="male")], at(0)) is None
    assert ward.severity([BACLOFEN, score, person(50, sex="female")], at(0)) == "moderate"
    assert ward.finding([BACLOFEN, score], at(0)) is None
    assert ward.severity([BACLOFEN, observation("75626-2", "4 1")], at(0)) == "moderate"


def test_a_screening_counts_for_a_year() -> None:
    facts = [BACLOFEN, observation("75626-2", "8 1", at(0))]
    assert ward.finding(facts, at(days=365, seconds=-1)) is not None
    assert ward.finding(facts, at(days=365)) is None


@pytest.mark.parametrize(
    "code", ["icd10|F10.20", "icd10|F1020", "icd9|305.00", "icd9|30500", "snomed|66590003"]
)
def test_a_diagnosis_counts_under_any_of_its_codes_with_or_without_dots(code: str) -> None:
    assert ward.severity([BACLOFEN, condition(code)], at(0)) == "moderate"


def test_a_diagnosis_counts_while_it_holds() -> None:
    facts = [BACLOFEN, condition("icd10|F10.2", at(3), abated_at=at(9))]
    assert ward.judge(facts, at(0)).review_at == at(3)
    assert ward.finding(facts, at(3, seconds=-1)) is None
    assert ward.finding(facts, at(3)) is not None
    assert ward.finding(facts, at(9)) is None
    assert ward.finding([BACLOFEN, condition("icd10|F10.2", active=False)], at(0)) is None


def test_drinks_that_are_reported_are_minor_for_a_day() -> None:
    facts = [BACLOFEN, observation("74013-4", "3 1", at(0))]
    assert ward.severity(facts, at(24, seconds=-1)) == "minor"
    assert ward.finding(facts, at(24)) is None
    assert ward.finding([BACLOFEN, observation("74013-4", "0 1")], at(0)) is None


def test_a_drug_without_a_rule_for_the_evidence_has_no_issue() -> None:
    metformin = order("metformin")
    assert ward.finding([metformin, observation(ETHANOL, "200 mg/dL")], at(0)) is None
    assert ward.severity([metformin, condition("icd10|F10.2")], at(0)) == "major"


def test_each_drug_is_an_issue_of_its_own_with_all_the_evidence() -> None:
    facts = [BACLOFEN, order("metformin"), condition("icd10|F10.2"), observation(ETHANOL, "200 mg/dL")]
    findings = ward.judge(facts, at(0)).findings
    assert [(f.subject, f.severity.value) for f in findings] == [
        ("baclofen", "major"),
        ("metformin", "major"),
    ]
    told = findings[0].evidence["alcohol"]
    assert isinstance(told, list)
    assert [sign["tier"] for sign in told if isinstance(sign, dict)] == ["measured", "diagnosed"]


def test_a_drug_as_needed_and_never_given_is_one_severity_lower() -> None:
    prn = order("baclofen", as_needed=True)
    assert ward.severity([prn, observation(ETHANOL, "200 mg/dL")], at(0)) == "moderate"


def test_a_drug_on_the_skin_does_not_count() -> None:
    cream = dose("baclofen", "10 mg", route=Route.TOPICAL)
    assert ward.finding([cream, observation(ETHANOL, "200 mg/dL")], at(0)) is None


def test_the_level_does_not_change_between_reviews() -> None:
    facts = [BACLOFEN, observation(ETHANOL, "200 mg/dL", at(0))]
    early, late = ward.finding(facts, at(1)), ward.finding(facts, at(7))
    assert early == late
