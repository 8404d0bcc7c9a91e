"""The daily dose is raised step by step: no sooner than every three days, by at most 15 mg a day."""

from datetime import timedelta

import pytest

from schemas.clinical import OrderState, PatientFact
from schemas.dosage import Dosage
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from services.safety.checks.starting.titration import TitrationPace
from tests.brief_rules import RULED
from tests.builders import at, corrected, dosage, dose, order, stopped
from tests.checks.ward import Ward

ward = Ward(TitrationPace(), RULED)


def steps(*daily: tuple[float, int]) -> list[PatientFact]:
    """Orders of 5 mg that replace each other: (hour, tablets three times a day)."""
    orders: list[PatientFact] = []
    for place, (hour, tablets) in enumerate(daily):
        earlier = orders[-1].entity if orders else None
        name = f"step-{place}"
        orders.append(order("baclofen", f"{5 * tablets} mg", at(hour), entity=name, replaces=earlier))
    return orders


def test_the_label_s_own_schedule_is_silent() -> None:
    schedule = steps((0, 1), (72, 2), (144, 3), (216, 4))
    for hours in (0, 72, 100, 144, 216, 280, 300):
        assert ward.finding(schedule, at(hours)) is None


def test_a_step_three_days_after_the_start_is_in_time_and_a_second_before_is_too_soon() -> None:
    assert ward.finding(steps((0, 1), (72, 2)), at(72)) is None
    early = [*steps((0, 1)), order("baclofen", "10 mg", at(72, seconds=-1), replaces="step-0")]
    assert ward.severity(early, at(72, seconds=-1)) == "moderate"


def test_fifteen_milligrams_a_day_more_is_a_step_and_a_microgram_more_is_too_much() -> None:
    assert ward.finding(steps((0, 1), (100, 2)), at(100)) is None
    facts: list[PatientFact] = [*steps((0, 1)), order("baclofen", "10.001 mg", at(100), replaces="step-0")]
    finding = ward.finding(facts, at(100))
    assert finding is not None
    assert finding.evidence["total"] == "30.003"
    assert finding.evidence["limit"] == "30"
    assert finding.text.startswith("baclofen: 15 mg raised to 30.003 mg a day 100 h after the last step")


def test_the_issue_ends_three_days_after_the_step() -> None:
    fast = steps((0, 1), (24, 2))
    assert ward.judge(fast, at(24)).review_at == at(96)
    assert ward.finding(fast, at(96, seconds=-1)) is not None
    assert ward.finding(fast, at(96)) is None


def test_the_issue_ends_when_the_dose_is_lowered_again() -> None:
    fast = steps((0, 1), (24, 2), (30, 1))
    assert ward.finding(fast, at(30, seconds=-1)) is not None
    assert ward.finding(fast, at(30)) is None


def test_a_fall_is_never_too_fast() -> None:
    assert ward.finding(steps((0, 4), (1.5, 1)), at(2)) is None


def test_two_orders_of_one_round_are_one_start() -> None:
    together: list[PatientFact] = [
        order("baclofen", "5 mg", at(0), times=2, entity="morning"),
        order("baclofen", "10 mg", at(1), times=1, entity="evening"),
    ]
    assert ward.finding(together, at(2)) is None
    apart: list[PatientFact] = [together[0], order("baclofen", "10 mg", at(1, seconds=1), times=1)]
    assert ward.finding(apart, at(2)) is not None


def test_a_reorder_on_transfer_is_no_rise() -> None:
    first = order("baclofen", "10 mg", at(0), entity="old ward")
    facts: list[PatientFact] = [stopped(first, at(20)), order("baclofen", "10 mg", at(21), entity="new ward")]
    assert ward.finding(facts, at(22)) is None


def test_after_three_days_without_it_the_drug_is_started_anew() -> None:
    first = order("baclofen", "5 mg", at(0), entity="first")
    pause = stopped(first, at(10))
    again = order("baclofen", "20 mg", at(82), entity="again")
    assert ward.finding([pause, again], at(82)) is None
    sooner: list[PatientFact] = [pause, order("baclofen", "20 mg", at(82, seconds=-1))]
    assert ward.finding(sooner, at(82)) is not None


@pytest.mark.parametrize(
    "extra", [{"as_needed": True}, {"dosages": (dosage("30 mg", once=True, times=None),)}]
)
def test_what_is_given_as_needed_or_once_is_no_step(extra: dict[str, object]) -> None:
    facts: list[PatientFact] = [*steps((0, 1)), order("baclofen", "30 mg", at(24), **extra)]  # type: ignore[arg-type]
    assert ward.finding(facts, at(25)) is None


def test_spinal_micrograms_never_meet_oral_milligrams() -> None:
    spinal = order("baclofen", "90 ug", at(24), route=Route.INTRATHECAL)
    assert ward.finding([*steps((0, 1)), spinal], at(25)) is None


def test_an_order_on_hold_is_no_step() -> None:
    raised = order("baclofen", "20 mg", at(24), entity="raised")
    held = corrected(raised, at(25), state=OrderState.ON_HOLD)
    assert ward.finding([*steps((0, 1)), held], at(26)) is None


def test_doses_without_any_order_are_not_judged_and_that_is_said() -> None:
    finding = ward.finding([dose("baclofen", "10 mg", at(0))], at(1))
    assert finding is not None and finding.reason is not None
    assert finding.reason.value == "insufficient-history"
    assert ward.finding([dose("baclofen", "10 mg", at(0))], at(24)) is None


def test_neither_the_pace_nor_the_start_hides_that_the_other_is_not_judged() -> None:
    large = dose("baclofen", "40 mg", at(0), lasting=timedelta(hours=3))
    pace, start = ward.finding([large], at(3)), Ward(FirstDoseTooHigh(), RULED).finding([large], at(3))
    assert pace is not None and start is not None
    assert pace.reason is start.reason is NotAssessedReason.INSUFFICIENT_HISTORY
    assert pace.subjects == start.subjects == ("baclofen",)
    assert pace.subject != start.subject


def test_the_same_dose_by_another_order_is_no_step_from_which_the_days_count_anew() -> None:
    again = steps((0, 1), (50, 1), (72, 2))
    assert ward.finding(again, at(72)) is None


def test_an_order_that_begins_later_has_its_review() -> None:
    assert ward.judge(steps((0, 1), (24, 2)), at(0)).review_at == at(24)


@pytest.mark.parametrize(
    "aside",
    [
        dosage(None, times=None, text="for spasms", as_needed=True),
        dosage(None, times=None, text="before the scan", once=True),
        dosage(None, times=None, text="as the pump is set", route=Route.INTRATHECAL),
    ],
)
def test_what_is_no_part_of_the_scheduled_day_hides_no_rise_though_it_is_stated_in_words(
    aside: Dosage,
) -> None:
    beside = order("baclofen", when=at(1), dosages=(aside,), entity="aside")
    assert ward.finding([*steps((0, 1)), beside], at(24)) is None
    assert ward.severity([*steps((0, 1), (24, 2)), beside], at(24)) == "moderate"


def test_what_follows_a_dose_that_cannot_be_calculated_is_a_start() -> None:
    unknown = order("baclofen", None, at(24), entity="step-1", replaces="step-0")
    high = order("baclofen", "20 mg", at(48), entity="step-2", replaces="step-1")
    assert ward.finding([*steps((0, 1)), unknown, high], at(48)) is None
    too_soon = order("baclofen", "25 mg", at(50), entity="step-3", replaces="step-2")
    assert ward.finding([*steps((0, 1)), unknown, high, too_soon], at(50)) is not None


def test_a_dose_without_any_order_is_said_for_a_day_after_its_end() -> None:
    infusion = dose("baclofen", "10 mg", at(-9), lasting=timedelta(hours=6), entity="infusion")
    facts: list[PatientFact] = [infusion, dose("baclofen", "10 mg", at(0)), dose("baclofen", None, at(30))]
    assert ward.judge(facts, at(0)).review_at == at(21)
    assert ward.judge(facts, at(22)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None
    assert ward.judge(facts, at(24)).review_at == at(30)
