"""One dose, given or ordered, above the largest single dose."""

from datetime import timedelta
from decimal import Decimal

from schemas.clinical import PatientFact
from schemas.dosage import Dosage, Rate
from schemas.medications import Route
from services.safety.checks.doses.single_dose import SingleDose
from tests.builders import at, dosage, dose, order, quantity, stopped, voided
from tests.checks.ward import Ward

ward = Ward(SingleDose())


def test_twenty_milligrams_of_baclofen_at_once_is_no_issue_and_a_microgram_more_is() -> None:
    assert ward.finding([dose("baclofen", "20 mg")], at(0)) is None
    assert ward.severity([dose("baclofen", "20.001 mg")], at(0)) == "moderate"


def test_more_than_a_quarter_above_is_major() -> None:
    assert ward.severity([dose("baclofen", "25 mg")], at(0)) == "moderate"
    assert ward.severity([dose("baclofen", "25.001 mg")], at(0)) == "major"


def test_a_dose_given_stays_an_issue_for_24_hours() -> None:
    facts: list[PatientFact] = [dose("baclofen", "40 mg")]
    assert ward.judge(facts, at(1)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_what_runs_longer_than_an_hour_is_no_single_dose() -> None:
    hour = dose("baclofen", "40 mg", lasting=timedelta(hours=1))
    longer = dose("baclofen", "40 mg", lasting=timedelta(hours=1, seconds=1))
    assert ward.severity([hour], at(2)) == "major"
    assert ward.finding([longer], at(2)) is None


def test_an_ordered_range_counts_with_its_upper_end() -> None:
    assert ward.finding([order("baclofen", "10 mg", up_to="20 mg")], at(0)) is None
    finding = ward.finding([order("baclofen", "10 mg", up_to="30 mg")], at(0))
    assert finding is not None
    assert finding.severity.value == "major"
    assert "30 mg ordered as one dose, the upper end of a range; largest single dose 20 mg" in finding.text


def test_an_order_is_an_issue_until_it_is_stopped() -> None:
    ordered = order("baclofen", "40 mg")
    assert ward.severity([ordered], at(100)) == "major"
    facts: list[PatientFact] = [ordered, stopped(ordered, at(5))]
    assert ward.finding(facts, at(5, seconds=-1)) is not None
    assert ward.finding(facts, at(5)) is None


def test_an_order_that_begins_later_is_not_seen_before() -> None:
    facts: list[PatientFact] = [order("baclofen", "40 mg", at(3))]
    assert ward.judge(facts, at(0)).review_at == at(3)
    assert ward.finding(facts, at(3, seconds=-1)) is None
    assert ward.finding(facts, at(3)) is not None


def test_a_step_of_an_order_counts_from_its_own_start() -> None:
    later = dosage("40 mg", starts_at=at(10))
    facts: list[PatientFact] = [order("baclofen", dosages=(dosage("10 mg", ends_at=at(10)), later))]
    assert ward.judge(facts, at(0)).review_at == at(10)
    assert ward.finding(facts, at(10, seconds=-1)) is None
    assert ward.finding(facts, at(10)) is not None


def test_what_an_order_runs_in_over_a_day_is_not_one_dose() -> None:
    running = Dosage(route=Route.ORAL, rate=Rate(amount=quantity("5 mg"), per_seconds=Decimal(3600)))
    assert ward.finding([order("baclofen", dosages=(running,))], at(0)) is None


def test_a_voided_dose_silences_the_issue() -> None:
    facts = dose("baclofen", "40 mg")
    assert ward.finding([facts, voided(facts, at(1))], at(1)) is None


def test_the_amount_in_the_text_is_in_the_unit_of_the_limit() -> None:
    finding = ward.finding([dose("baclofen", "0.04 g")], at(0))
    assert finding is not None
    assert finding.text.startswith("baclofen: 40 mg given at once; largest single dose 20 mg.")
    assert quantity("40 mg").to("g") == quantity("0.04 g").value
