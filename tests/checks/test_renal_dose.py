"""Baclofen leaves the body by the kidneys: the worse they are, the less of it a day."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication
from services.safety.checks.organs.renal_dose import RenalDoseTooHigh
from services.safety.knowledge.loader import load
from tests.brief_rules import RULED
from tests.builders import (
    at,
    condition,
    dosage,
    dose,
    encounter,
    observation,
    order,
    person,
    stopped,
    voided,
)
from tests.checks.ward import Ward

ward = Ward(RenalDoseTooHigh(), RULED)


def egfr(value: str, hours: float = 0) -> PatientFact:
    return observation("98979-8", f"{value} mL/min/{{1.73_m2}}", at(hours), entity=f"egfr {value}")


def creatinine(value: str, hours: float = 0) -> PatientFact:
    return observation("2160-0", value, at(hours), entity=f"creatinine {value} {hours}")


def daily(amount: str) -> PatientFact:
    """Baclofen three times a day."""
    return order("baclofen", amount, at(0), times=3)


MAN, WOMAN = person(50, sex="male"), person(55, sex="female")


@pytest.mark.parametrize(
    ("value", "amount", "expected"),
    [
        ("90", "20 mg", None),
        ("89.999", "20 mg", "moderate"),
        ("60", "17.666 mg", None),
        ("60", "17.667 mg", "moderate"),
        ("59.999", "17.667 mg", "major"),
        ("59.999", "13.333 mg", None),
        ("30", "13.333 mg", None),
        ("30", "13.334 mg", "major"),
        ("29.999", "1 mg", "major"),
    ],
)
def test_each_band_has_its_own_daily_dose(value: str, amount: str, expected: str | None) -> None:
    assert ward.severity([egfr(value), daily(amount)], at(1)) == expected


def test_an_egfr_that_falls_from_55_to_28_judges_the_running_order_anew() -> None:
    facts = [daily("10 mg"), egfr("55"), egfr("28", 10)]
    assert ward.judge(facts, at(1)).review_at == at(10)
    assert ward.finding(facts, at(10, seconds=-1)) is None
    finding = ward.finding(facts, at(10))
    assert finding is not None
    assert finding.text.startswith("baclofen: not to be used below 30 (eGFR 28 of 2026-03-02 18:00 UTC).")
    assert "egfr 28" in finding.implicated


def test_a_result_taken_back_takes_its_finding_back() -> None:
    low = egfr("28", 10)
    assert ward.finding([daily("10 mg"), egfr("55"), low, voided(low, at(11))], at(11)) is None


def test_what_was_given_counts_where_nothing_is_ordered() -> None:
    doses: list[PatientFact] = [dose("baclofen", "20 mg", at(2 * n)) for n in range(3)]
    assert ward.finding([egfr("55"), *doses[:2]], at(3)) is None
    finding = ward.finding([egfr("55"), *doses], at(4))
    assert finding is not None
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("60", "40")
    assert ward.finding([egfr("55"), *doses], at(24)) is None


@pytest.mark.parametrize("as_needed", [True, False])
def test_an_order_in_words_beside_it_hides_no_order_that_is_too_much_by_itself(*, as_needed: bool) -> None:
    in_words = dosage(None, times=None, text="as directed", as_needed=as_needed)
    beside = order("baclofen", when=at(0, seconds=5), dosages=(in_words,))
    finding = ward.finding([egfr("55"), daily("20 mg"), beside], at(1))
    assert finding is not None
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("60", "40")
    assert ward.finding([egfr("55"), daily("10 mg"), beside], at(1)) is None


ONCE = order("baclofen", "40 mg", at(0), every=timedelta(hours=24), entity="once")


def test_the_day_s_dose_given_within_the_ward_s_window_of_its_due_time_is_no_second_one() -> None:
    doses: list[PatientFact] = [dose("baclofen", "40 mg", at(hour), order="once") for hour in (1, 23)]
    assert ward.finding([egfr("55"), ONCE, *doses], at(23)) is None
    sooner = [doses[0], dose("baclofen", "40 mg", at(23, seconds=-1), order="once")]
    finding = ward.finding([egfr("55"), ONCE, *sooner], at(23, seconds=-1))
    assert finding is not None
    assert finding.evidence["total"] == "80"


def test_without_a_due_time_a_dose_early_by_the_tolerance_is_not_one_of_the_same_day() -> None:
    first: list[PatientFact] = [egfr("55"), dose("baclofen", "40 mg", at(0))]
    assert ward.finding([*first, dose("baclofen", "40 mg", at(23))], at(23)) is None
    early = dose("baclofen", "40 mg", at(23, seconds=-1))
    assert ward.severity([*first, early], at(23, seconds=-1)) == "major"


def test_without_any_result_the_drug_is_not_assessed_for_as_long_as_it_is_in_use() -> None:
    ordered = order("baclofen", "5 mg", at(0))
    finding = ward.finding([ordered], at(1))
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "missing-renal-function"
    assert ward.finding([stopped(ordered, at(2))], at(2)) is None


def test_a_result_counts_for_48_hours_in_the_house_and_then_the_kidneys_are_not_known() -> None:
    facts = [daily("5 mg"), egfr("95")]
    assert ward.judge(facts, at(1)).review_at == at(48)
    assert ward.finding(facts, at(48, seconds=-1)) is None
    finding = ward.finding(facts, at(48))
    assert finding is not None and finding.reason is not None
    outside = [*facts, encounter(at(-1), inpatient=False)]
    assert ward.finding(outside, at(48)) is None


def test_a_newest_result_that_cannot_be_used_is_not_replaced_by_an_older_one() -> None:
    facts = [daily("5 mg"), egfr("95"), observation("98979-8", "3 furlong", at(5))]
    finding = ward.finding(facts, at(5))
    assert finding is not None and finding.reason is not None
    assert "the newest result cannot be used" in finding.text


def test_from_creatinine_the_egfr_is_told_by_age_and_sex() -> None:
    """The worked example of a 55-year-old woman with 0.9 mg/dL: about 76."""
    finding = ward.finding([WOMAN, creatinine("0.9 mg/dL"), daily("20 mg")], at(1))
    assert finding is not None
    assert finding.evidence["value"] == "75.5"
    assert "CKD-EPI 2021" in str(finding.evidence["kidneys"])


def test_creatinine_in_micromoles_is_the_same_creatinine() -> None:
    told = [
        ward.finding([WOMAN, creatinine(value), daily("20 mg")], at(1))
        for value in ("1.5 mg/dL", "132.6 umol/L")
    ]
    first, second = told
    assert first is not None and second is not None
    assert first.evidence["value"] == second.evidence["value"]


@pytest.mark.parametrize("who", [person(None, sex="male"), person(50), person(17, sex="male")])
def test_creatinine_alone_tells_nothing_without_age_and_sex_or_of_a_child(who: PatientFact) -> None:
    finding = ward.finding([who, creatinine("0.9 mg/dL"), daily("5 mg")], at(1))
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "missing-renal-function"


def test_the_newest_counts_whatever_the_formula() -> None:
    facts = [MAN, egfr("95"), creatinine("4 mg/dL", 5), daily("10 mg")]
    assert ward.finding(facts, at(5, seconds=-1)) is None
    assert ward.severity(facts, at(5)) == "major"
    together = [MAN, egfr("95", 5), creatinine("4 mg/dL", 5), daily("10 mg")]
    assert ward.finding(together, at(5)) is None


def test_clearance_takes_age_weight_and_sex() -> None:
    """A 70-year-old man of 75 kg with 1.0 mg/dL: 72.9 mL/min."""
    man = person(70, sex="male")
    heavy: list[PatientFact] = [man, observation("29463-7", "75 kg", at(-1)), creatinine("1.3 mg/dL")]
    facts = [*heavy, order("gabapentin", "600 mg", at(0), times=3)]
    finding = ward.finding(facts, at(1), "gabapentin")
    assert finding is not None
    assert finding.evidence["value"] == "56.1"
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("1800", "1400")
    unweighed = [man, creatinine("1.3 mg/dL"), order("gabapentin", "600 mg", at(0), times=3)]
    stand_in = ward.finding(unweighed, at(1), "gabapentin")
    assert stand_in is not None
    assert "in place of creatinine clearance, because the weight is not known" in str(
        stand_in.evidence["kidneys"]
    )


def test_creatinine_that_rises_by_three_tenths_in_two_days_counts_as_the_next_lower_band() -> None:
    steady = [MAN, creatinine("0.8 mg/dL", -47), creatinine("1.099 mg/dL", 0), daily("16 mg")]
    assert ward.finding(steady, at(1)) is None
    rising = [MAN, creatinine("0.8 mg/dL", -47), creatinine("1.1 mg/dL", 0), daily("16 mg")]
    finding = ward.finding(rising, at(1))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["rising_creatinine"] is True
    slower = [MAN, creatinine("0.8 mg/dL", -49), creatinine("1.1 mg/dL", 0), daily("16 mg")]
    assert ward.finding(slower, at(1)) is None


def test_creatinine_that_is_half_as_high_again_within_a_week_counts_too() -> None:
    rising = [MAN, creatinine("0.5 mg/dL", -24 * 7), creatinine("0.75 mg/dL", 0), daily("18 mg")]
    assert ward.severity(rising, at(1)) == "moderate"
    longer = [MAN, creatinine("0.5 mg/dL", -24 * 7 - 1), creatinine("0.75 mg/dL", 0), daily("18 mg")]
    assert ward.finding(longer, at(1)) is None


def test_a_rise_of_a_creatinine_that_no_longer_counts_is_forgotten() -> None:
    """The rise is ten days old; the laboratory's eGFR of today says how the kidneys are."""
    old = [creatinine("0.8 mg/dL", -24 * 10), creatinine("1.4 mg/dL", -24 * 9)]
    assert ward.finding([MAN, *old, egfr("95"), daily("16 mg")], at(1)) is None


def test_dialysis_goes_before_any_result() -> None:
    finding = ward.finding([egfr("95"), condition("icd10|Z99.2"), daily("5 mg")], at(1))
    assert finding is not None
    assert finding.severity.value == "major"
    assert "on dialysis" in finding.text


def test_a_drug_without_a_rule_needs_no_kidneys() -> None:
    assert ward.finding([order("lorazepam", "1 mg", at(0))], at(1), "lorazepam") is None


def test_a_clearance_in_place_of_an_egfr_is_for_a_standard_body_surface() -> None:
    """32 mL/min of a body surface of 2 m2 are 27.7 mL/min/1.73 m2, which is too little for metformin."""
    shipped = Ward(RenalDoseTooHigh(), load())
    metformin = Medication(codings=(Coding(system="rxnorm", code="6809"),))
    clearance = observation("2164-2", "32 mL/min", at(0))
    facts: list[PatientFact] = [clearance, order(metformin, "500 mg", at(0), times=2)]
    assert shipped.finding(facts, at(1), "metformin") is None
    large = observation("3140-1", "2 m2", at(0))
    finding = shipped.finding([*facts, large], at(1), "metformin")
    assert finding is not None and finding.evidence["value"] == "27.7"
    assert "in place of eGFR, 27.7 mL/min/1.73 m2 by a body surface of 2 m2" in finding.text
    assert large.entity in finding.implicated
    low = observation("2164-2", "29 mL/min", at(0))
    without = shipped.finding([low, facts[1]], at(1), "metformin")
    assert without is not None and "not converted to mL/min/1.73 m2" in without.text
