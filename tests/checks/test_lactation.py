"""A drug that harms a breastfed child is in use while the patient breastfeeds."""

from datetime import datetime, timedelta

import pytest

from schemas.base import Severity
from schemas.clinical import Observation, PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.contraindications.lactation import DrugWhileBreastfeeding
from services.safety.ledger.folding import fold, folded
from tests.brief_rules import RULED
from tests.builders import at, condition, dose, observation, order, person
from tests.checks.ward import Ward

ward = Ward(DrugWhileBreastfeeding(), RULED)
SHE = person(31, sex="female")
CARE = condition("icd10|Z39.1", at(-24))
ordered = order("morphine", "10 mg")
SECOND = timedelta(seconds=1)


def said(text: str, when: datetime) -> Observation:
    return observation("63895-7", None, when, text=text)


def found(*facts: PatientFact, now: datetime | None = None) -> str | None:
    return ward.severity([SHE, *facts], now or at(1))


def test_an_opioid_ordered_while_breastfeeding_is_told_with_order_code_and_source() -> None:
    finding = ward.finding([SHE, ordered, CARE], at(1))
    assert finding is not None
    assert (finding.check, finding.subject, finding.severity) == ("lactation", "morphine", Severity.MAJOR)
    assert finding.implicated == (ordered.entity, CARE.entity)
    assert finding.text.startswith("morphine while breastfeeding (icd10|Z39.1).")
    assert finding.sources[0].row == "lactation.opioid"
    assert finding.high_alert


def test_breastfeeding_counts_for_ten_days_and_not_a_second_longer() -> None:
    earlier = order("morphine", "10 mg", at(-1))
    for evidence in (condition("icd10|Z39.1", at(days=-10)), said("Currently breastfeeding", at(days=-10))):
        assert found(earlier, evidence, now=at(0) - SECOND) == "major"
        assert found(earlier, evidence, now=at(0)) is None


def test_a_later_answer_ends_it_and_the_check_is_asked() -> None:
    stopped = said("not currently breastfeeding", at(0))
    ledger = folded([SHE, ordered, CARE], RULED)
    _, change = fold(ledger, stopped, RULED)
    assert change is not None
    assert change.inputs & DrugWhileBreastfeeding().reads(RULED)
    assert found(ordered, CARE, stopped) is None
    assert found(ordered, CARE, said("not currently breastfeeding", at(-25))) == "major"


def test_an_answer_that_is_not_understood_is_told_and_who_is_not_said_to_breastfeed_is_not_asked_about() -> (
    None
):
    finding = ward.finding([SHE, ordered, said("see note", at(0))], at(1))
    assert finding is not None
    assert finding.reason is NotAssessedReason.MISSING_PREGNANCY_STATUS
    assert finding.subjects == ("morphine",)
    assert found(ordered) is None


@pytest.mark.parametrize("sex", ["male", "female"])
def test_below_ten_years_it_is_the_child_that_is_fed(sex: str) -> None:
    child = person(10, at(1), sex=sex, recorded_at=at(0))
    facts: list[PatientFact] = [child, ordered, said("POS", at(0))]
    assert ward.judge(facts, at(1) - SECOND).findings == ()
    assert ward.judge(facts, at(0.5)).review_at == at(1)
    assert ward.finding(facts, at(1)) is not None


def test_a_record_that_is_male_and_breastfeeds_is_told_and_not_judged() -> None:
    finding = ward.finding([person(31, sex="male"), ordered, CARE], at(1))
    assert finding is not None
    assert finding.reason is NotAssessedReason.MISSING_PREGNANCY_STATUS


def test_a_dose_counts_for_as_long_as_the_row_says_and_other_routes_not_at_all() -> None:
    given = dose("baclofen", "10 mg", at(0))
    assert found(given, CARE, now=at(6) - SECOND) == "moderate"
    assert found(given, CARE, now=at(6)) is None
    assert found(dose("morphine", "10 mg", at(0), route=Route.INTRAVENOUS), CARE) is None
    assert found(dose("morphine", "10 mg", at(0), route=Route.UNKNOWN), CARE) == "major"


def test_a_drug_without_rules_is_silent_at_once() -> None:
    assert ward.judge([SHE, order("warfarin", "5 mg"), CARE], at(1)).review_at is None
