"""Trial doses of baclofen into the spine that are ordered are told before they are given."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.clinical import Order, OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.screening_dose import ScreeningDoseTooHigh
from services.safety.knowledge.loader import load
from services.safety.recomputing import recomputed
from tests.builders import at, dosage, dose, order
from tests.checks.ward import Ward

SPINE = Route.INTRATHECAL
ward = Ward(ScreeningDoseTooHigh(), load())


def trial(stated: str, day: float = 0, under: str | None = None) -> PatientFact:
    return dose("baclofen", stated, at(days=day), route=SPINE, order=under)


def ordered(stated: str, day: float = 0, **more: object) -> Order:
    once = dosage(stated, times=None, once=True, route=SPINE)
    return order("baclofen", None, at(days=day), dosages=(once,), **({"entity": f"order-{stated}"} | more))


def told(*facts: PatientFact, day: float = 0, hours: float = 0) -> Finding | None:
    return ward.finding(list(facts), at(days=day, hours=hours))


def test_the_first_is_ordered_with_fifty_and_a_microgram_more_is_told_before_it_is_given() -> None:
    assert told(ordered("50 ug")) is None
    high = told(ordered("51 ug"))
    assert high is not None and high.implicated == ("order-51 ug",)
    assert high.text.startswith(
        "baclofen: 51 ug ordered as screening dose 1 on record in 30 d; at most 50 ug as number 1."
    )
    again = recomputed(high.check, high.evidence)
    assert again is not None and again.made == again.shown == Decimal("0.051")


def test_the_upper_end_of_a_range_is_what_may_be_given() -> None:
    once = dosage("50 ug", up_to="75 ug", times=None, once=True, route=SPINE)
    high = told(order("baclofen", None, at(0), dosages=(once,)))
    assert high is not None and "75 ug ordered, the upper end of a range as" in high.text


def test_its_turn_goes_by_those_given() -> None:
    assert told(trial("50 ug", -1), ordered("75 ug")) is None
    assert told(trial("50 ug", -1), ordered("76 ug")) is not None
    assert told(trial("50 ug", -2), trial("75 ug", -1), ordered("100 ug")) is None


def test_a_dose_that_leaves_the_trial_makes_it_the_first() -> None:
    facts = [trial("50 ug", -29.5), ordered("75 ug")]
    assert ward.judge(facts, at(0)).review_at == at(12)
    assert told(*facts, hours=11.99) is None
    assert told(*facts, hours=12) is not None


def test_three_ordered_together_are_one_trial_in_their_order() -> None:
    assert told(ordered("100 ug"), ordered("50 ug"), ordered("75 ug")) is None
    assert told(ordered("50 ug"), ordered("100 ug")) is not None


def test_of_one_order_for_three_days_the_dose_given_is_the_first() -> None:
    steps = tuple(
        dosage(stated, times=None, once=True, route=SPINE, starts_at=at(days=day), sequence=day + 1)
        for day, stated in enumerate(("50 ug", "75 ug", "101 ug"))
    )
    whole = order("baclofen", None, at(0), dosages=steps, entity="trial")
    assert told(whole) is None
    assert told(whole, trial("50 ug", 0, "trial"), day=1) is None
    assert told(whole, day=1, hours=1) is not None


def test_what_is_given_under_it_ends_what_is_told_of_the_order() -> None:
    high = told(ordered("75 ug"), trial("75 ug", 0.1, "order-75 ug"), hours=3)
    assert high is not None and "given as screening dose 1" in high.text
    assert told(ordered("75 ug"), trial("50 ug", 0.1, "order-75 ug"), hours=3) is None


def test_it_is_told_for_a_day_and_not_when_it_is_stopped_or_on_hold() -> None:
    assert ward.judge([ordered("75 ug")], at(1)).review_at == at(24)
    assert told(ordered("75 ug"), hours=23.99) is not None
    assert told(ordered("75 ug"), hours=24) is None
    assert told(ordered("75 ug", state=OrderState.ON_HOLD)) is None
    assert told(ordered("75 ug", state=OrderState.STOPPED, stopped_at=at(1)), hours=1) is None


@pytest.mark.parametrize(("until", "expected"), [(None, False), (at(-71), False), (at(-72), True)])
def test_what_is_ordered_once_beside_a_pump_is_no_trial(until: object, expected: bool) -> None:
    step = dosage("200 ug", times=1, route=SPINE)
    pump = order("baclofen", None, at(days=-40), dosages=(step,), ends_at=until, entity="pump")
    assert (told(pump, ordered("75 ug")) is not None) is expected


def test_three_days_after_the_pump_it_is_one_again() -> None:
    step = dosage("200 ug", times=1, route=SPINE)
    pump = order("baclofen", None, at(days=-40), dosages=(step,), ends_at=at(-60), entity="pump")
    facts = [pump, ordered("75 ug")]
    assert told(*facts) is None
    assert ward.judge(facts, at(0)).review_at == at(12)
    assert told(*facts, hours=12) is not None


def test_tablets_are_no_trial_nor_is_more_than_the_last_of_them() -> None:
    by_mouth = dosage("0.075 mg", times=None, once=True)
    assert told(order("baclofen", None, at(0), dosages=(by_mouth,))) is None
    assert told(ordered("101 ug")) is None


def test_one_that_is_not_to_be_given_yet_is_told_from_its_time_on() -> None:
    later = dosage("75 ug", times=None, once=True, route=SPINE, starts_at=at(6))
    facts = [order("baclofen", None, at(0), dosages=(later,))]
    assert told(*facts) is None and ward.judge(facts, at(0)).review_at == at(6)
    assert told(*facts, hours=6) is not None
    assert told(*facts, hours=6 + timedelta(days=1) / timedelta(hours=1)) is None
