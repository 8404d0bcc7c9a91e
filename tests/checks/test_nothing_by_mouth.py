"""Nothing by mouth, for a patient who is used to a drug that must not be stopped at once."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.clinical import Condition, OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from tests.builders import at, condition, corrected, dose, encounter, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(WithdrawalRisk())
DAILY = timedelta(days=1)
SINCE = 4


def fasting(since: float = SINCE, **more: Any) -> Condition:
    return condition("snomed|182923009", at(since), entity="diet", **more)


def used(days: int = 14, *, route: Route = Route.ORAL, **more: Any) -> list[PatientFact]:
    """Baclofen every morning for so many days, up to today, by an order that goes on."""
    doses: list[PatientFact] = [dose("baclofen", "30 mg", at(days=-day), route=route) for day in range(days)]
    return [order("baclofen", "30 mg", at(days=1 - days), every=DAILY, route=route, **more), *doses]


def kind(facts: list[PatientFact], hours: float = SINCE, **more: float) -> object:
    finding = ward.finding(facts, at(hours, **more))
    return finding.evidence["kind"] if finding is not None else None


def test_it_is_told_at_once_since_when_and_what_to_do() -> None:
    ordered, *doses = used()
    finding = ward.finding([ordered, *doses, fasting()], at(SINCE))
    assert finding is not None
    assert (finding.severity.value, finding.evidence["kind"]) == ("major", "nothing-by-mouth")
    assert finding.text.startswith(
        "baclofen: nothing by mouth since 2026-03-02 12:00 UTC, and it is ordered by mouth only, last dose "
        "2026-03-02 08:00 UTC. Ask the prescriber for another route now."
    )
    assert finding.implicated == (ordered.entity, "diet", doses[0].entity)


def test_it_is_looked_at_when_it_begins_and_when_it_ends_and_not_told_outside_of_that() -> None:
    facts = [*used(), fasting(abated_at=at(9))]
    assert ward.judge(facts, at(2)).review_at == at(SINCE)
    assert kind(facts, SINCE, seconds=-1) is None
    assert ward.judge(facts, at(SINCE)).review_at == at(9)
    assert kind(facts, 9, seconds=-1) == "nothing-by-mouth"
    assert kind(facts, 9) is None


@pytest.mark.parametrize(("days", "told"), [(8, True), (7, False)])
def test_who_used_it_for_less_than_a_week_is_not_used_to_it(days: int, *, told: bool) -> None:
    assert (kind([*used(days), fasting()]) is not None) is told


def test_an_order_by_another_way_ends_it_and_one_as_needed_does_not() -> None:
    facts = [*used(), fasting()]
    tube = order("baclofen", "30 mg", at(6), every=DAILY, route=Route.ENTERAL, entity="tube")
    assert kind([*facts, tube], 6, seconds=-1) == "nothing-by-mouth"
    assert kind([*facts, tube], 6) is None
    assert kind([*facts, stopped(tube, at(7))], 7) == "nothing-by-mouth"
    needed = order("baclofen", "30 mg", at(6), as_needed=True, route=Route.ENTERAL, entity="needed")
    assert kind([*facts, needed], 6) == "nothing-by-mouth"


def test_a_drug_that_goes_by_a_tube_or_by_a_way_nobody_names_is_not_said_to_be_by_mouth() -> None:
    assert kind([*used(route=Route.ENTERAL), fasting()]) is None
    assert kind([*used(route=Route.UNKNOWN), fasting()]) is None


def test_a_dose_given_for_all_that_ends_it_and_one_not_given_does_not() -> None:
    facts = [*used(), fasting()]
    assert kind([*facts, dose("baclofen", "30 mg", at(5), entity="more")], 5) is None
    assert (
        kind([*facts, dose("baclofen", "30 mg", at(5), done=False, entity="more")], 5) == "nothing-by-mouth"
    )


def test_an_order_that_was_not_meant_or_asks_for_something_else_now_is_none() -> None:
    facts, diet = used(), fasting()
    assert kind([*facts, voided(diet, at(5))], 5) is None
    assert kind([*facts, corrected(diet, at(5), active=False)], 5) is None


def test_it_ends_with_the_stay_and_is_none_of_the_next_one() -> None:
    first = encounter(at(days=-14), entity="first", ends_at=at(6))
    again = encounter(at(8), entity="again")
    community = order("baclofen", "30 mg", at(6), every=DAILY, entity="after")
    facts = [*used(), community, fasting()]
    assert kind([*facts, encounter(at(days=-14))], 9) == "nothing-by-mouth"
    assert kind([*facts, first], 6, seconds=-1) == "nothing-by-mouth"
    assert kind([*facts, first, again], 9) is None


def test_outside_of_the_house_nobody_says_what_is_swallowed() -> None:
    assert kind([*used(), fasting(), encounter(at(days=-14), inpatient=False)]) is None


def test_an_order_on_hold_is_a_stop_and_tells_more() -> None:
    ordered, *doses = used()
    held = corrected(ordered, at(SINCE), state=OrderState.ON_HOLD)
    assert kind([held, *doses, fasting()]) == "abrupt-stop"


def test_it_is_worse_a_day_after_the_last_dose_and_shown_for_72_hours() -> None:
    facts = [*used(), fasting(), encounter(at(days=-14))]
    early, late = ward.finding(facts, at(SINCE)), ward.finding(facts, at(24))
    assert early is not None and late is not None
    assert late.level > early.level
    assert kind(facts, SINCE + 72, seconds=-1) == "nothing-by-mouth"
    assert kind(facts, SINCE + 72) != "nothing-by-mouth"


def test_it_is_told_before_two_doses_were_missed_and_in_their_place() -> None:
    ordered = order("baclofen", "10 mg", at(days=-14), every=timedelta(hours=6))
    doses = [dose("baclofen", "10 mg", at(-6 * past)) for past in range(1, 57)]
    assert kind([ordered, *doses], 12) == "missed-doses"
    assert kind([ordered, *doses, fasting(0.5)], 1) == "nothing-by-mouth"
    assert kind([ordered, *doses, fasting(0.5)], 12) == "nothing-by-mouth"
