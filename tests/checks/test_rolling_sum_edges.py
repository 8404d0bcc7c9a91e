"""The edges of the rolling sum, by the microsecond: its window is (t - 24 h, t]."""

from datetime import timedelta
from decimal import Decimal

from services.safety.checks.amounts.rolling_sum import (
    Interval,
    amount_within,
    counted,
    excesses,
    most,
    peak,
    total,
)
from services.safety.ledger.entries import Given
from services.safety.ledger.giving import given_of
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import at, dose

DAY = timedelta(hours=24)
MOMENT = timedelta.resolution


def given(amount: str | None, hours: float, lasting: float | None = None) -> Given:
    span = timedelta(hours=lasting) if lasting is not None else None
    return given_of(dose("baclofen", amount, at(hours), lasting=span), KNOWLEDGE)[0]


def test_a_dose_exactly_24_hours_old_is_out_and_one_given_now_is_in() -> None:
    now = at(24)
    assert amount_within(given("10 mg", 0), now - DAY, now) == 0
    assert amount_within(given("10 mg", 24), now - DAY, now) == 10
    assert amount_within(given("10 mg", 0), now - DAY - MOMENT, now - MOMENT) == 10
    assert amount_within(given("10 mg", 25), now - DAY, now) == 0


def test_of_an_infusion_the_part_inside_counts() -> None:
    running = given("30 mg", 0, lasting=3)
    assert amount_within(running, at(-1), at(1)) == 10
    assert amount_within(running, at(1), at(9)) == 20
    assert amount_within(running, at(3), at(9)) == 0
    assert amount_within(running, at(-9), at(0)) == 0
    assert amount_within(running, at(-1), at(4)) == 30


def test_thirds_add_up_to_the_whole() -> None:
    parts = [counted([given("10 mg", 0, lasting=3)], timedelta(hours=1), at(hour))[0] for hour in (1, 2, 3)]
    assert total(parts) == Decimal(10)
    assert total([]) == 0


def test_a_dose_of_unknown_amount_hides_none_of_the_others() -> None:
    doses = [given("30 mg", 0), given(None, 1), given("60 mg", 2)]
    assert most(doses, DAY) == 90
    assert excesses(doses, DAY, Decimal(80)) == [Interval(at(2), at(24))]


def test_the_upper_bound_lets_go_of_what_has_left_the_window() -> None:
    doses = [given("30 mg", 0), given("20 mg", 1), given("60 mg", 24), given("5 mg", 40), given("1 mg", 70)]
    assert most(doses[:2], DAY) == 50
    assert most(doses[:3], DAY) == 80
    assert most(doses, DAY) == 80
    assert most([given("30 mg", 0), given("60 mg", 23), given("60 mg", 47)], DAY) == 90


def test_a_sum_that_reaches_its_limit_is_no_excess() -> None:
    doses = [given("30 mg", 0), given("50 mg", 2)]
    assert excesses(doses, DAY, Decimal(80)) == []
    assert excesses([*doses, given("0.001 mg", 3)], DAY, Decimal(80)) == [Interval(at(3), at(24))]


def test_an_infusion_passes_its_limit_within_a_microsecond() -> None:
    running = given("60 mg", 0, lasting=6)
    (interval,) = excesses([running], DAY, Decimal(30))
    assert interval == Interval(at(3) + MOMENT, at(27))
    (whole,) = excesses([given("10 mg", -1), running], DAY, Decimal(30))
    assert whole.start == at(2) + MOMENT


def test_the_peak_is_the_first_largest_sum_of_an_interval() -> None:
    doses = [given("50 mg", 0), given("40 mg", 3), given("30 mg", 6)]
    assert peak(doses, DAY, Interval(at(3), at(6))) == (at(3), Decimal(90))
    assert peak(doses, DAY, Interval(at(3), at(24))) == (at(6), Decimal(120))
    assert peak(doses, DAY, Interval(at(6), at(30))) == (at(6), Decimal(120))
    assert peak(doses, DAY, Interval(at(24), at(30))) == (at(24), Decimal(70))


def test_a_sum_that_rises_to_the_end_is_largest_a_moment_before_it() -> None:
    until, amount = peak([given("60 mg", 0, lasting=6)], DAY, Interval(at(3), at(4)))
    assert until == at(4) - MOMENT
    assert Decimal("39.99") < amount < 40
