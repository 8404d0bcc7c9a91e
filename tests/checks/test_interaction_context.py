"""Two drugs harm each other in some circumstances only, or more in some, or for a time of their own each."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from schemas.medications import Route
from services.launcher.alert_words import arithmetic
from services.safety.checks.together.interaction import DrugInteraction
from services.safety.knowledge.interacting import Circumstance, Interaction
from services.safety.ledger.pruning import reach
from services.safety.recomputing import recomputed
from tests.brief_interactions import (
    ABOVE_A_DOSE,
    EACH_FOR_ITS_TIME,
    MIDDLE_AGED,
    OLD_OR_WEAK_KIDNEYS,
    UNLESS_WITH,
    WITH_A_THIRD,
    WITH_CREATININE,
    WITH_KNOWN_CREATININE,
)
from tests.brief_knowledge import knowledge
from tests.brief_rules import KIDNEYS
from tests.builders import at, condition, dosage, dose, in_words, observation, order, person, stopped
from tests.checks.ward import Ward

YEAR = 365.25


def ward(*rows: Interaction) -> Ward:
    return Ward(DrugInteraction(), knowledge(rows, kidneys=KIDNEYS))


def years(count: float, **more: float) -> timedelta:
    return timedelta(days=count * YEAR, **more)


def test_an_old_patient_is_one_severity_worse_from_the_birthday_on() -> None:
    baclofen_and_morphine: list[PatientFact] = [order("baclofen"), order("morphine"), person(64.99)]
    birthday = at() + years(65) - timedelta(seconds=round(64.99 * 31_557_600))
    old = ward(OLD_OR_WEAK_KIDNEYS)
    assert old.judge(baclofen_and_morphine, at(0)).review_at == birthday
    assert old.severity(baclofen_and_morphine, birthday - timedelta(seconds=1)) == "moderate"
    assert old.severity(baclofen_and_morphine, birthday) == "major"


def test_what_raises_is_named_and_so_is_what_is_not_known() -> None:
    finding = ward(OLD_OR_WEAK_KIDNEYS).finding([order("baclofen"), order("morphine"), person(70)], at(0))
    assert finding is not None
    assert finding.evidence["raised_by"] == ["age 65 or more"]
    assert finding.evidence["not_known"] == ["eGFR"]
    assert "Worse with: age 65 or more. Not known: eGFR." in finding.text


@pytest.mark.parametrize(("rate", "severity"), [("30", "moderate"), ("29.9", "major")])
def test_weak_kidneys_are_one_severity_worse(rate: str, severity: str) -> None:
    egfr = observation("98979-8", f"{rate} mL/min/{{1.73_m2}}")
    facts = [order("baclofen"), order("morphine"), person(50), egfr]
    finding = ward(OLD_OR_WEAK_KIDNEYS).finding(facts, at(1))
    assert finding is not None
    assert finding.severity.value == severity
    assert (egfr.entity in finding.implicated) == (severity == "major")


def test_two_things_that_raise_raise_once() -> None:
    egfr = observation("98979-8", "20 mL/min/{1.73_m2}")
    facts = [order("baclofen"), order("morphine"), person(80), egfr]
    assert ward(OLD_OR_WEAK_KIDNEYS).severity(facts, at(1)) == "major"


def test_an_egfr_that_is_too_old_raises_nothing_any_more() -> None:
    egfr = observation("98979-8", "20 mL/min/{1.73_m2}")
    facts = [order("baclofen"), order("morphine"), person(50), egfr]
    checked = ward(OLD_OR_WEAK_KIDNEYS)
    assert checked.judge(facts, at(1)).review_at == at(48)
    assert checked.severity(facts, at(48, seconds=-1)) == "major"
    assert checked.severity(facts, at(48)) == "moderate"


@pytest.mark.parametrize(("age", "found"), [(49.99, False), (50, True), (59.99, True), (60, False)])
def test_a_row_for_some_ages_speaks_of_them_only(age: float, found: bool) -> None:
    facts = [order("acetaminophen"), order("diazepam"), person(age)]
    assert (ward(MIDDLE_AGED).finding(facts, at(0)) is not None) == found


def test_an_age_that_is_not_known_counts_as_held_and_is_said() -> None:
    finding = ward(MIDDLE_AGED).finding([order("acetaminophen"), order("diazepam")], at(0))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["not_known"] == ["age 50 or more, age below 60"]


@pytest.mark.parametrize(("value", "found"), [("1.49", False), ("1.5", True)])
def test_a_row_for_a_measured_value(value: str, found: bool) -> None:
    facts = [order("acetaminophen"), order("morphine"), observation("2160-0", f"{value} mg/dL")]
    assert (ward(WITH_CREATININE).finding(facts, at(1)) is not None) == found


def test_a_value_that_is_missing_or_too_old_counts_as_the_row_says() -> None:
    low = observation("2160-0", "0.9 mg/dL")
    held = ward(WITH_CREATININE)
    facts: list[PatientFact] = [order("acetaminophen"), order("morphine"), low]
    assert held.finding(facts, at(48, seconds=-1)) is None
    assert held.judge(facts, at(1)).review_at == at(48)
    assert held.severity(facts, at(48)) == "major"
    silent = ward(WITH_KNOWN_CREATININE)
    facts = [order("acetaminophen"), order("fentanyl"), low]
    assert silent.severity(facts, at(48, seconds=-1)) == "major"
    assert silent.finding(facts, at(48)) is None


def test_a_row_about_three_drugs_speaks_when_the_third_is_in_use() -> None:
    two: list[PatientFact] = [order("fentanyl"), order("diazepam")]
    third = order("gabapentin", when=at(6))
    checked = ward(WITH_A_THIRD)
    assert checked.finding([*two], at(6)) is None
    assert checked.finding([*two, third], at(6, seconds=-1)) is None
    finding = checked.finding([*two, third], at(6))
    assert finding is not None
    assert finding.severity.value == "moderate"
    assert finding.subjects == ("diazepam", "fentanyl")
    assert third.entity in finding.implicated
    assert finding.evidence["held"] == ["also gabapentin"]
    assert checked.finding([*two, third, stopped(third, at(8))], at(8)) is None


@pytest.mark.parametrize(
    "third",
    [order("gabapentin", as_needed=True), dose("gabapentin", route=Route.TOPICAL)],
    ids=["as needed and never given", "on the skin"],
)
def test_a_third_drug_that_does_not_act_does_not_count(third: PatientFact) -> None:
    assert ward(WITH_A_THIRD).finding([order("fentanyl"), order("diazepam"), third], at(1)) is None


def test_a_third_drug_by_a_dose_counts_for_the_exposure_of_the_row() -> None:
    facts: list[PatientFact] = [order("fentanyl"), order("diazepam"), dose("gabapentin", "300 mg", at(0))]
    checked = ward(WITH_A_THIRD)
    assert checked.finding(facts, at(24, seconds=-1)) is not None
    assert checked.finding(facts, at(24)) is None


def test_an_illness_or_a_further_drug_raises() -> None:
    three: list[PatientFact] = [order("fentanyl"), order("diazepam"), order("gabapentin")]
    checked = ward(WITH_A_THIRD)
    assert checked.severity([*three, condition("icd10|J44.1")], at(0)) == "major"
    assert checked.severity([*three, order("baclofen")], at(0)) == "major"


def test_a_drug_that_protects_lowers_by_one_severity_while_it_is_in_use() -> None:
    two: list[PatientFact] = [order("citalopram"), order("acetaminophen")]
    checked = ward(UNLESS_WITH)
    assert checked.severity(two, at(1)) == "major"
    protecting = order("morphine", when=at(2), ends_at=at(4))
    assert checked.severity([*two, protecting], at(2)) == "moderate"
    assert checked.severity([*two, protecting], at(4)) == "major"
    assert checked.severity([*two, order("morphine", as_needed=True)], at(1)) == "major"


@pytest.mark.parametrize(("amount", "found"), [("20 mg", False), ("20.001 mg", True)])
def test_a_row_above_a_daily_dose_goes_by_what_is_ordered(amount: str, found: bool) -> None:
    facts = [order("citalopram", amount, times=1), order("diazepam")]
    assert (ward(ABOVE_A_DOSE).finding(facts, at(0)) is not None) == found


def test_the_ordered_day_is_the_sum_of_all_orders_and_can_be_made_again() -> None:
    facts: list[PatientFact] = [order("citalopram", "10 mg", times=2), order("diazepam")]
    more = order("citalopram", "5 mg", at(3), times=1)
    checked = ward(ABOVE_A_DOSE)
    assert checked.finding(facts, at(3)) is None
    finding = checked.finding([*facts, more], at(3))
    assert finding is not None
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("25", "20")
    again = recomputed("interaction", finding.evidence)
    assert again is not None
    assert again.agrees
    assert "daily dose of citalopram above 20 mg" in finding.text


def test_a_dose_given_a_little_early_is_not_two_in_a_day() -> None:
    night = [dose("citalopram", "20 mg", at(0)), dose("citalopram", "20 mg", at(23))]
    assert ward(ABOVE_A_DOSE).finding([*night, order("diazepam")], at(23)) is None


def test_without_an_order_the_doses_given_count() -> None:
    given = [dose("citalopram", "20 mg", at(0)), dose("citalopram", "10 mg", at(12))]
    checked = ward(ABOVE_A_DOSE)
    finding = checked.finding([*given, order("diazepam")], at(12))
    assert finding is not None
    again = recomputed("interaction", finding.evidence)
    assert again is not None
    assert (str(again.made), again.agrees) == ("30", True)
    assert arithmetic(finding.evidence) == "08:00 20 + 20:00 10 = 30 mg, limit 20 mg"
    assert checked.judge([*given, order("diazepam")], at(12)).review_at == at(23)
    assert checked.finding([*given, order("diazepam")], at(23)) is None


def test_a_dose_step_of_an_order_begins_at_its_time() -> None:
    steps = (
        dosage("20 mg", times=1, ends_at=at(48)),
        dosage("40 mg", times=1, starts_at=at(48)),
    )
    facts = [order("citalopram", dosages=steps), order("diazepam")]
    checked = ward(ABOVE_A_DOSE)
    assert checked.judge(facts, at(0)).review_at == at(48)
    assert checked.finding(facts, at(48, seconds=-1)) is None
    assert checked.severity(facts, at(48)) == "major"


@pytest.mark.parametrize(
    "untold",
    [order("citalopram", None), order(in_words("citalopram in the evening")), dose("citalopram", None)],
    ids=["order without a dose", "order in words", "dose without an amount"],
)
def test_a_daily_dose_that_is_not_known_counts_as_above_and_is_said(untold: PatientFact) -> None:
    finding = ward(ABOVE_A_DOSE).finding([untold, order("diazepam")], at(0))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["not_known"] == ["daily dose of citalopram, which may be above 20 mg"]
    assert "total" not in finding.evidence


def test_each_drug_counts_for_its_own_time() -> None:
    checked = ward(EACH_FOR_ITS_TIME)
    for drug, ends in (("sertraline", at(48)), ("citalopram", at(days=5))):
        facts: list[PatientFact] = [dose(drug, "20 mg", at(0)), order("morphine")]
        assert checked.severity(facts, ends - timedelta(seconds=1)) == "major"
        assert checked.finding(facts, ends) is None
    facts = [order("sertraline"), dose("morphine", "10 mg", at(0))]
    assert checked.severity(facts, at(24, seconds=-1)) == "major"
    assert checked.finding(facts, at(24)) is None


def test_doses_are_kept_as_long_as_any_row_counts_them() -> None:
    base = knowledge((EACH_FOR_ITS_TIME, WITH_A_THIRD), rules=())
    longer = EACH_FOR_ITS_TIME.model_copy(update={"exposure_of": {"drug:citalopram": timedelta(days=40)}})
    month = WITH_A_THIRD.model_copy(update={"exposure": timedelta(days=30)})
    assert reach(base, "sertraline") < timedelta(days=30)
    assert reach(knowledge((longer,)), "citalopram") == timedelta(days=40)
    assert reach(knowledge((longer,)), "sertraline") < timedelta(days=30)
    assert reach(knowledge((month,)), "gabapentin") == timedelta(days=30)


def test_a_drug_that_is_only_looked_for_concerns_the_check() -> None:
    base = knowledge((WITH_A_THIRD,))
    concerned = [drug for drug in base.drugs if DrugInteraction().concerns(base, drug)]
    assert concerned == ["baclofen", "diazepam", "fentanyl", "gabapentin", "pregabalin"]


def test_what_the_check_reads_is_what_its_rows_ask() -> None:
    check = DrugInteraction()
    assert check.reads(knowledge((UNLESS_WITH,))) == {"given", "orders"}
    assert check.reads(knowledge((MIDDLE_AGED,))) == {"given", "orders", "person"}
    creatinine = {"given", "orders", "encounters", "person", "loinc|2160-0"}
    assert check.reads(knowledge((WITH_CREATININE,))) == creatinine


@pytest.mark.parametrize(
    "stated",
    [{}, {"measure": "egfr"}, {"below": 3}, {"condition": "gout"}, {"age_from": 3, "also": "drug:baclofen"}],
)
def test_a_circumstance_is_one_thing(stated: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="; "):
        Circumstance.model_validate(stated, strict=False)
