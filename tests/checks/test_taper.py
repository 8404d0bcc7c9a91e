"""What counts as a taper of baclofen as shipped: seven days, falls of 15 mg a day, 15 mg a day at the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schemas.clinical import PatientFact
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from services.safety.knowledge.loader import load
from services.safety.ledger.pruning import reach
from tests.builders import at, dose, order, stopped
from tests.checks.ward import Ward

ward = Ward(WithdrawalRisk(), load())


def stretch(first: datetime, days: int, amount: str, hours: Iterable[float]) -> list[PatientFact]:
    """The same amount at the same hours after `first`, for so many days."""
    return [
        dose("baclofen", amount, first + timedelta(days=day, hours=hour))
        for day in range(days)
        for hour in hours
    ]


def abrupt(doses: list[PatientFact]) -> bool:
    """Whether baclofen that ends four hours after the last of these doses has ended at once."""
    last = max(fact.effective_at for fact in doses)
    ordered = order("baclofen", "10 mg", at(days=-60), entity="order")
    end = last + timedelta(hours=4)
    return ward.finding([ordered, *doses, stopped(ordered, end)], end) is not None


TWICE, THRICE, FOUR = (0, 12), (0, 6, 12), (0, 4, 8, 12)


def test_the_last_level_is_15_mg_a_day_and_a_microgram_more_is_too_high_to_stop() -> None:
    used = stretch(at(days=-30), 10, "10 mg", THRICE)
    assert not abrupt([*used, *stretch(at(days=-20), 7, "5 mg", THRICE)])
    assert abrupt([*used, *stretch(at(days=-20), 7, "5001 ug", THRICE)])


def test_a_fall_by_15_mg_a_day_is_a_step_and_a_microgram_more_is_too_much() -> None:
    lower = [*stretch(at(days=-20), 4, "10 mg", THRICE), *stretch(at(days=-16), 4, "5 mg", THRICE)]
    assert not abrupt([*stretch(at(days=-30), 10, "15 mg", THRICE), *lower])
    assert abrupt([*stretch(at(days=-30), 10, "15001 ug", THRICE), *lower])


def test_seven_days_at_lower_doses_are_a_taper_and_six_are_not() -> None:
    used = stretch(at(days=-30), 10, "10 mg", THRICE)
    assert not abrupt([*used, *stretch(at(days=-20), 7, "5 mg", THRICE)])
    assert abrupt([*used, *stretch(at(days=-20), 6, "5 mg", THRICE)])


def test_a_fall_of_30_mg_a_day_is_no_two_of_15_because_it_came_at_noon() -> None:
    """The day of the fall has two doses of 20 mg and two of 12.5 mg: 80, 65 and 50 mg."""
    until_noon = [*stretch(at(days=-30), 10, "20 mg", FOUR), *stretch(at(days=-20), 1, "20 mg", (0, 4))]
    lower = [
        *stretch(at(days=-20), 1, "12.5 mg", (8, 12)),
        *stretch(at(days=-19), 2, "12.5 mg", FOUR),
        *stretch(at(days=-17), 2, "8.75 mg", FOUR),
        *stretch(at(days=-15), 2, "5 mg", FOUR),
        *stretch(at(days=-13), 2, "2.5 mg", FOUR),
    ]
    assert abrupt([*until_noon, *lower])


def test_doses_a_little_earlier_or_later_than_the_day_before_are_still_a_taper() -> None:
    used = stretch(at(days=-30), 10, "20 mg", TWICE)
    lower = [
        fact
        for day in range(9)
        for fact in stretch(
            at(days=day - 20, minutes=(-10, 25, 0)[day % 3]), 1, ("12.5 mg", "7.5 mg")[day >= 4], TWICE
        )
    ]
    assert not abrupt([*used, *lower])


def test_a_dose_that_was_missed_a_week_before_begins_no_taper() -> None:
    missed = [*stretch(at(days=-30), 10, "10 mg", TWICE), *stretch(at(days=-20), 1, "10 mg", (0,))]
    full = [*missed, *stretch(at(days=-19), 10, "10 mg", TWICE)]
    assert abrupt([*full, *stretch(at(days=-9), 1, "10 mg", (12,))])


def test_lower_days_before_the_full_dose_came_back_are_no_part_of_a_taper() -> None:
    before = [*stretch(at(days=-30), 10, "10 mg", THRICE), *stretch(at(days=-20), 3, "5 mg", THRICE)]
    back = [*before, *stretch(at(days=-17), 6, "10 mg", THRICE)]
    assert abrupt([*back, *stretch(at(days=-11), 6, "5 mg", THRICE)])
    assert not abrupt([*back, *stretch(at(days=-11), 7, "5 mg", THRICE)])


def test_missed_and_repeated_doses_within_a_taper_leave_it_one() -> None:
    used = stretch(at(days=-30), 10, "10 mg", THRICE)
    lower = stretch(at(days=-20), 7, "5 mg", THRICE)
    assert not abrupt([*used, *lower[:7], *lower[8:]])
    twice = dose("baclofen", "5 mg", at(days=-18, hours=3), entity="twice")
    assert not abrupt([*used, *lower, twice])


def test_who_never_had_more_than_the_last_step_needs_no_taper_though_a_dose_was_missed() -> None:
    little = stretch(at(days=-30), 20, "5 mg", THRICE)
    assert not abrupt(little)
    assert not abrupt([*little[:-7], *little[-6:]])


def test_what_was_a_taper_at_the_stop_stays_one_while_older_doses_are_forgotten() -> None:
    """The 30 mg a day are in reach at the stop, and leave it within the 72 hours that a finding stands."""
    in_reach = reach(ward.knowledge, "baclofen").days
    for since_full in (in_reach - 1, in_reach - 4, in_reach - 8):
        facts = [
            *stretch(at(days=-60), 60 - since_full, "10 mg", THRICE),
            *stretch(at(days=-since_full), since_full - 2, "6 mg", THRICE),
            *stretch(at(days=-2), 2, "5 mg", THRICE),
        ]
        end = at(days=-1, hours=16)
        ordered = order("baclofen", "10 mg", at(days=-60), entity="order")
        stop: list[PatientFact] = [ordered, *facts, stopped(ordered, end)]
        answers = {
            ward.finding(stop, end + timedelta(hours=hours)) is not None for hours in (0, 12, 24, 48, 71)
        }
        assert len(answers) == 1
