"""The active orders of a drug allow more in a day than its limit."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import Intent, OrderState, PatientFact
from schemas.dosage import Dosage, MaxDose, Rate
from schemas.medications import Route
from services.safety.checks.doses.prescribed_dose import PrescribedDose
from tests.builders import at, corrected, dosage, order, quantity, stopped, voided
from tests.checks.ward import Ward

ward = Ward(PrescribedDose())


def test_eighty_milligrams_of_baclofen_a_day_is_no_issue() -> None:
    assert ward.finding([order("baclofen", "20 mg", times=4)], at(0)) is None


def test_above_the_limit_is_moderate_and_above_a_quarter_more_is_major() -> None:
    assert ward.severity([order("baclofen", "20 mg", times=5)], at(0)) == "moderate"
    assert ward.severity([order("baclofen", "20.001 mg", times=5)], at(0)) == "major"


def test_a_range_counts_with_its_upper_end() -> None:
    assert ward.severity([order("baclofen", "10 mg", up_to="30 mg", times=3)], at(0)) == "moderate"


def test_what_is_the_upper_end_of_a_range_is_called_so_and_nothing_else_is() -> None:
    ranges = dosage("10 mg", up_to="30 mg", times=3), dosage("30 mg", times=2, times_high=Decimal(3))
    for ranged in ranges:
        finding = ward.finding([order("baclofen", dosages=(ranged,))], at(0))
        assert finding is not None
        assert "90 mg prescribed per day, the upper end of a range; limit 80 mg" in finding.text
    for fixed in (dosage("30 mg", times=3), dosage("30 mg", up_to="30 mg", times=3, times_high=Decimal(3))):
        finding = ward.finding([order("baclofen", dosages=(fixed,))], at(0))
        assert finding is not None
        assert "90 mg prescribed per day; limit 80 mg" in finding.text


def test_a_frequency_range_counts_with_its_upper_end() -> None:
    often = dosage("20 mg", times=3, times_high=Decimal(6))
    assert ward.severity([order("baclofen", dosages=(often,))], at(0)) == "major"


def test_every_five_hours_may_fall_five_times_into_a_day() -> None:
    finding = ward.finding([order("baclofen", "20 mg", every=timedelta(hours=5))], at(0))
    assert finding is not None
    assert finding.evidence["total"] == "100"


def test_three_clock_times_are_three_doses_even_where_the_source_says_once_a_day() -> None:
    named = dosage("40 mg", times=1, times_of_day=("08:00", "14:00", "20:00"))
    assert ward.severity([order("baclofen", dosages=(named,))], at(0)) == "major"


def test_what_only_as_needed_doses_pass_is_minor() -> None:
    facts: list[PatientFact] = [
        order("baclofen", "20 mg", times=4),
        order("baclofen", "10 mg", as_needed=True, entity="prn"),
    ]
    finding = ward.finding(facts, at(0))
    assert finding is not None
    assert finding.severity.value == "minor"
    assert "as needed" in finding.text


def test_a_cap_per_day_bounds_what_as_needed_may_add() -> None:
    cap = MaxDose(amount=quantity("80 mg"), period_seconds=Decimal(86_400))
    capped = dosage("20 mg", times=6, as_needed=True, max_dose=(cap,))
    assert ward.finding([order("baclofen", dosages=(capped,))], at(0)) is None


def test_linked_alternatives_count_once() -> None:
    facts: list[PatientFact] = [
        order("acetaminophen", "1000 mg", times=4, alternatives="either"),
        order("acetaminophen", "1000 mg", times=4, route=Route.RECTAL, alternatives="either", entity="pr"),
    ]
    assert ward.finding(facts, at(0), "acetaminophen") is None


def test_what_looks_like_an_alternative_is_asked_about_as_minor() -> None:
    facts: list[PatientFact] = [
        order("acetaminophen", "650 mg", times=4),
        order("acetaminophen", "650 mg", times=4, route=Route.RECTAL, entity="pr"),
    ]
    finding = ward.finding(facts, at(0), "acetaminophen")
    assert finding is not None
    assert finding.severity.value == "minor"
    assert "alternatives" in finding.text


def test_two_orders_by_one_route_add_up() -> None:
    facts: list[PatientFact] = [
        order("baclofen", "20 mg", times=3),
        order("baclofen", "20 mg", times=3, entity="second"),
    ]
    assert ward.severity(facts, at(0)) == "major"


def test_an_order_on_hold_leaves_the_total() -> None:
    facts: list[PatientFact] = [
        order("baclofen", "20 mg", times=3),
        order("baclofen", "20 mg", times=3, entity="second", state=OrderState.ON_HOLD),
    ]
    assert ward.finding(facts, at(0)) is None


def test_a_successor_ends_its_predecessor_when_it_starts() -> None:
    first = order("baclofen", "20 mg", times=4)
    second = order("baclofen", "20 mg", at(6), times=3, replaces=first.entity, entity="second")
    for told in ([first, second], [second, first]):
        assert ward.finding(list(told), at(6)) is None
    assert ward.finding(
        [first, voided(second, at(7)), order("baclofen", "20 mg", times=3, entity="x")], at(7)
    )


def test_what_a_filler_order_is_based_on_does_not_count_beside_it() -> None:
    first = order("baclofen", "20 mg", times=4)
    filler = order(
        "baclofen",
        "20 mg",
        at(1),
        times=4,
        intent=Intent.FILLER_ORDER,
        based_on=(first.entity,),
        entity="filler",
    )
    assert ward.finding([first, filler], at(0)) is None
    assert ward.finding([first, filler], at(2)) is None


@pytest.mark.parametrize("intent", [Intent.PROPOSAL, Intent.PLAN, Intent.OPTION])
def test_a_proposal_plan_or_option_does_not_count(intent: Intent) -> None:
    assert ward.finding([order("baclofen", "50 mg", intent=intent)], at(0)) is None


@pytest.mark.parametrize("intent", sorted(set(Intent) - {Intent.PROPOSAL, Intent.PLAN, Intent.OPTION}))
def test_every_kind_of_order_counts(intent: Intent) -> None:
    assert ward.severity([order("baclofen", "50 mg", intent=intent)], at(0)) == "major"


def test_a_draft_and_an_order_not_to_give_do_not_count() -> None:
    assert ward.finding([order("baclofen", "50 mg", state=OrderState.DRAFT)], at(0)) is None
    assert ward.finding([order("baclofen", "50 mg", do_not_perform=True)], at(0)) is None


def test_a_corrected_order_counts_as_corrected() -> None:
    wrong = order("baclofen", "50 mg")
    right = corrected(wrong, at(1), dosages=(dosage("5 mg"),))
    assert ward.severity([wrong], at(0)) == "major"
    assert ward.finding([right, wrong], at(1)) is None


def test_an_order_ends_at_its_stated_end_to_the_second() -> None:
    facts: list[PatientFact] = [order("baclofen", "50 mg", ends_at=at(10))]
    assert ward.judge(facts, at(0)).review_at == at(10)
    assert ward.finding(facts, at(10, seconds=-1)) is not None
    assert ward.finding(facts, at(10)) is None


def test_a_dose_ordered_once_counts_for_24_hours() -> None:
    single = Dosage(route=Route.ORAL, dose_low=quantity("90 mg"), once=True)
    facts: list[PatientFact] = [order("baclofen", dosages=(single,))]
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_a_rate_counts_for_a_whole_day() -> None:
    running = Dosage(route=Route.INTRATHECAL, rate=Rate(amount=quantity("50 ug"), per_seconds=Decimal(3600)))
    finding = ward.finding([order("baclofen", dosages=(running,), route=Route.INTRATHECAL)], at(0))
    assert finding is not None
    assert finding.evidence["total"] == "1.2"


def test_a_stopped_order_leaves_the_total_at_the_instant_it_was_stopped() -> None:
    ordered = order("baclofen", "50 mg")
    facts: list[PatientFact] = [ordered, stopped(ordered, at(4))]
    assert ward.finding(facts, at(4, seconds=-1)) is not None
    assert ward.finding(facts, at(4)) is None
