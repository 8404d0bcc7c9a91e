"""Drugs that are not to be given while a result is what it is: given all the same, or still ordered."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from schemas.issues import NotAssessedReason
from schemas.medications import Medication, Route
from services.safety.checks.organs.result_limit import ResultForbids
from services.safety.knowledge.loader import load
from tests.builders import at, corrected, dose, in_words, observation, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(ResultForbids(), load())
DRUG = "warfarin"


def inr(value: str, hours: float = 0) -> PatientFact:
    return observation("6301-6", f"{value} {{INR}}", at(hours), entity=f"inr {value}")


def given(hours: float = 1, amount: str = "5 mg") -> PatientFact:
    return dose(DRUG, amount, at(hours), entity=f"dose {hours}")


ORDER = order(DRUG, "5 mg", at(-48), every=timedelta(hours=24), entity="order")


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("4.49", None),
        ("4.5", "minor"),
        ("4.99", "minor"),
        ("5", "major"),
        ("10", "major"),
        ("10.1", "contraindicated"),
    ],
)
def test_warfarin_is_not_given_at_an_inr_of_four_and_a_half_and_is_worse_the_higher_it_is(
    value: str, severity: str | None
) -> None:
    assert ward.severity([inr(value), given()], at(1), DRUG) == severity


def test_what_is_told_names_dose_result_bound_and_what_to_do() -> None:
    finding = ward.finding([inr("5.6"), given()], at(1), DRUG)
    assert finding is not None
    assert finding.text.startswith(
        "warfarin: 5 mg given while international normalised ratio was 5.6 INR (2026-03-02 08:00 UTC); "
        "not from 5 on. Give no warfarin"
    )
    assert finding.implicated == ("dose 1", "inr 5.6")
    assert (finding.evidence["result"], finding.evidence["bound"]) == ("5.6", "5")


def test_a_dose_is_held_against_the_newest_result_of_its_instant_and_told_for_a_day() -> None:
    facts = [inr("6"), inr("2.5", 2), given(2)]
    assert ward.finding(facts, at(2), DRUG) is None
    facts = [
        inr("6"),
        inr(
            "2.5",
            2,
        ),
        given(1),
    ]
    assert ward.severity(facts, at(20), DRUG) == "major"
    assert ward.finding(facts, at(25, seconds=-1), DRUG) is not None
    assert ward.finding(facts, at(25), DRUG) is None


def test_an_order_is_told_when_the_result_comes_and_is_in_order_with_the_next_good_one() -> None:
    facts = [ORDER, inr("5.2", 3), inr("2.9", 20)]
    assert ward.finding(facts, at(3, seconds=-1), DRUG) is None
    assert ward.judge(facts, at(1), DRUG).review_at == at(3)
    assert ward.severity(facts, at(3), DRUG) == "moderate"
    assert ward.finding(facts, at(20), DRUG) is None


def test_an_order_as_needed_is_one_severity_lower_and_a_stopped_one_is_none() -> None:
    as_needed = order("lithium", "300 mg", at(-48), times=3, as_needed=True, entity="as needed")
    level = observation("3719-2", "1.7 mmol/L", at(0), entity="level")
    assert ward.severity([as_needed, level], at(1), "lithium") == "minor"
    assert ward.finding([as_needed, level, stopped(as_needed, at(1))], at(1), "lithium") is None


def test_an_order_as_needed_beside_a_scheduled_one_lowers_nothing() -> None:
    as_needed = order("lithium", "300 mg", at(-48), times=3, as_needed=True, entity="as needed")
    scheduled = order("lithium", "300 mg", at(-48), times=3, entity="scheduled")
    level = observation("3719-2", "1.7 mmol/L", at(0), entity="level")
    alone = ward.severity([scheduled, level], at(1), "lithium")
    assert ward.severity([as_needed, scheduled, level], at(1), "lithium") == alone == "moderate"


def test_a_dose_that_was_held_back_is_in_order() -> None:
    held_back = dose(DRUG, "5 mg", at(1), done=False, entity="held back")
    assert ward.finding([inr("6"), held_back], at(1), DRUG) is None


def test_a_result_that_is_too_old_forbids_nothing() -> None:
    facts = [ORDER, inr("6")]
    assert ward.finding(facts, at(48, seconds=-1), DRUG) is not None
    assert ward.judge(facts, at(47), DRUG).review_at == at(48)
    assert ward.finding(facts, at(48), DRUG) is None


def test_a_result_that_became_known_only_after_the_dose_is_one_severity_lower() -> None:
    late = observation("6301-6", "6 {INR}", at(0), entity="late", recorded_at=at(4), received_at=at(4))
    finding = ward.finding([late, given()], at(4), DRUG)
    assert finding is not None and finding.severity.value == "moderate"
    assert ", which became known later;" in finding.text


def test_a_result_taken_back_or_corrected_takes_its_finding_back() -> None:
    high = inr("6")
    assert ward.finding([high, given(), voided(high, at(2))], at(2), DRUG) is None
    right = corrected(high, at(2), value=inr("2.6").value)
    assert ward.finding([high, given(), right], at(2), DRUG) is None


def test_a_newest_result_that_cannot_be_used_is_said_and_no_older_one_stands_in() -> None:
    nonsense = observation("6301-6", "600 {INR}", at(2), entity="nonsense")
    told = ward.finding([ORDER, inr("2.4"), nonsense], at(2), DRUG)
    assert told is not None and told.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
    assert "nonsense" in told.implicated


INSULIN: Medication = in_words("insulin lispro")


def insulin(hours: float, **more: object) -> PatientFact:
    return dose(INSULIN, "6 U", at(hours), route=Route.SUBCUTANEOUS, **more)


def glucose(value: str, hours: float = 0) -> PatientFact:
    return observation("2345-7", value, at(hours), entity=f"glucose {value}")


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("70 mg/dL", None),
        ("69.9 mg/dL", "moderate"),
        ("54 mg/dL", "moderate"),
        ("53.9 mg/dL", "major"),
        ("3.9 mmol/L", None),
        ("3.8 mmol/L", "moderate"),
    ],
)
def test_any_insulin_at_a_low_blood_sugar_is_told(value: str, severity: str | None) -> None:
    assert ward.severity([glucose(value), insulin(0.1)], at(1), "insulin") == severity


def test_what_runs_is_held_against_results_that_come_while_it_runs() -> None:
    running = dose(
        INSULIN, "20 U", at(0), route=Route.INTRAVENOUS, lasting=timedelta(hours=10), entity="pump"
    )
    facts = [glucose("180 mg/dL"), running, glucose("50 mg/dL", 3), glucose("110 mg/dL", 4)]
    assert ward.finding(facts, at(3, seconds=-1), "insulin") is None
    assert ward.severity(facts, at(3), "insulin") == "major"
    assert ward.finding(facts, at(4), "insulin") is None


def test_a_result_that_comes_back_while_it_runs_is_as_grave_although_the_pump_was_charted_before() -> None:
    running = dose(
        INSULIN, "20 U", at(0), route=Route.INTRAVENOUS, lasting=timedelta(hours=10), entity="pump"
    )
    drawn = observation(
        "2345-7", "50 mg/dL", at(3), entity="drawn at three", recorded_at=at(3.5), received_at=at(3.5)
    )
    told = ward.finding([running, drawn], at(3.5), "insulin")
    assert told is not None and told.severity.value == "major"
    assert "became known later" not in told.text
    stopped_at_six = dose(
        INSULIN, "12 U", at(0), route=Route.INTRAVENOUS, lasting=timedelta(hours=6), entity="pump"
    )
    drawn_before_its_end = observation(
        "2345-7", "50 mg/dL", at(5.9), entity="late", recorded_at=at(7), received_at=at(7)
    )
    after = ward.finding([stopped_at_six, drawn_before_its_end], at(7), "insulin")
    assert after is not None and after.severity.value == "moderate"
    assert ", which became known later;" in after.text


def test_a_dose_without_an_order_says_that_the_result_it_depends_on_cannot_be_used() -> None:
    nonsense = observation("6301-6", "600 {INR}", at(0), entity="nonsense")
    told = ward.finding([inr("2.4", -1), nonsense, given()], at(1), DRUG)
    assert told is not None and told.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
    assert told.implicated == ("dose 1", "nonsense")
    facts = [nonsense, given()]
    assert ward.finding(facts, at(25, seconds=-1), DRUG) is not None
    assert ward.finding(facts, at(25), DRUG) is None
    unknown = observation("6301-6", "2.4 zzz", at(0), entity="unknown unit")
    told = ward.finding([unknown, given()], at(1), DRUG)
    assert told is not None and told.reason is NotAssessedReason.UNKNOWN_UNIT


def test_a_result_that_can_be_used_again_answers_for_the_order_and_not_for_the_dose_before_it() -> None:
    nonsense = observation("6301-6", "600 {INR}", at(0), entity="nonsense")
    both = ward.finding([ORDER, nonsense, given()], at(1), DRUG)
    assert both is not None and both.implicated == ("order", "dose 1", "nonsense")
    later = ward.finding([ORDER, nonsense, given(), inr("2.4", 2)], at(2), DRUG)
    assert later is not None and later.implicated == ("dose 1", "nonsense")
    right = corrected(nonsense, at(2), value=inr("2.4").value)
    assert ward.finding([ORDER, nonsense, given(), right], at(2), DRUG) is None


def test_a_draft_that_finds_something_does_not_hide_that_a_row_in_force_could_not_be_judged() -> None:
    level = observation("10535-3", "900 ng/mL", at(0), entity="nonsense")
    potassium = observation("2823-3", "3.4 mmol/L", at(0), entity="potassium")
    digoxin = order(in_words("digoxin"), "125 ug", at(-48), every=timedelta(hours=24), entity="digoxin")
    recorded = ward.finding([digoxin, potassium], at(1), "digoxin")
    assert recorded is not None and recorded.shadow
    told = ward.finding([digoxin, potassium, level], at(1), "digoxin")
    assert told is not None and told.reason is NotAssessedReason.IMPLAUSIBLE_VALUE
