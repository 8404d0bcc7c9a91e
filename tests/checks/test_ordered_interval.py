"""An order that makes a drug due more often than its rule allows is told before a dose is given."""

from datetime import timedelta
from decimal import Decimal

from schemas.clinical import OrderState, PatientFact
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.recomputing import recomputed
from tests.brief_rules import RULED
from tests.builders import at, corrected, dosage, order, stopped
from tests.checks.ward import Ward

ward = Ward(DoseInterval(), RULED)
APAP = "acetaminophen"
"""At least four hours from dose to dose, minor; the ward's tolerance is an hour."""


def every(minutes: float, **more: object) -> PatientFact:
    return order(APAP, "500 mg", at(0), every=timedelta(minutes=minutes), entity="order", **more)  # type: ignore[arg-type]


def test_every_three_hours_is_within_the_tolerance_and_a_minute_less_is_not() -> None:
    assert ward.finding([every(180)], at(1), APAP) is None
    finding = ward.finding([every(179)], at(1), APAP)
    assert finding is not None
    assert "ordered every 2 h 59 min; at least 4 h from dose to dose" in finding.text
    assert finding.implicated == ("order",)
    made = recomputed(DoseInterval.id, finding.evidence)
    assert made is not None and made.agrees and str(made.shown) == "179"


def test_the_higher_of_a_range_of_frequencies_counts() -> None:
    up_to = dosage("500 mg", times=4, times_high=Decimal(9))
    assert ward.finding([order(APAP, dosages=(up_to,), entity="order")], at(1), APAP) is not None
    assert ward.finding([order(APAP, dosages=(dosage("500 mg", times=8),))], at(1), APAP) is None


def test_clock_times_of_a_day_are_as_many_intervals() -> None:
    clocks = tuple(f"{hour:02}:00" for hour in range(0, 18, 2))
    nine = dosage("500 mg", times=None, times_of_day=clocks)
    assert ward.finding([order(APAP, dosages=(nine,))], at(1), APAP) is not None
    weekly = dosage("500 mg", times=None, every=timedelta(days=7), times_of_day=("08:00",))
    assert ward.finding([order(APAP, dosages=(weekly,))], at(1), APAP) is None


def test_a_dose_ordered_once_has_no_interval_and_an_order_on_hold_none_either() -> None:
    once = dosage("500 mg", times=None, every=timedelta(minutes=1), once=True)
    assert ward.finding([order(APAP, dosages=(once,))], at(1), APAP) is None
    held = every(60, state=OrderState.ON_HOLD)
    assert ward.finding([held], at(1), APAP) is None


def test_it_ends_with_the_order() -> None:
    active = every(60)
    over = corrected(active, at(2), ends_at=at(5))
    assert ward.judge([over], at(3), APAP).review_at == at(5)
    assert ward.finding([over], at(5), APAP) is None
    assert ward.finding([stopped(active, at(4))], at(4), APAP) is None  # type: ignore[type-var]
