"""An abrupt stop by a second: how long baclofen was used, what ends it, and when it is looked at again."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from tests.builders import at, dose, encounter, order, stopped
from tests.checks.ward import Ward

ward = Ward(WithdrawalRisk())
DAILY = timedelta(days=1)
STOP = 4


def stopped_after(*daily: tuple[int, str | None]) -> list[PatientFact]:
    """One dose a day in the morning, for so many days so much, up to today; then the order is stopped."""
    amounts = [amount for days, amount in daily for _ in range(days)]
    first = 1 - len(amounts)
    doses: list[PatientFact] = [
        dose("baclofen", amount, at(days=first + place)) for place, amount in enumerate(amounts)
    ]
    ordered = order("baclofen", "30 mg", at(days=first), every=DAILY)
    return [ordered, *doses, stopped(ordered, at(STOP))]


def abrupt(facts: list[PatientFact]) -> bool:
    finding = ward.finding(facts, at(STOP))
    assert finding is None or finding.evidence["kind"] == "abrupt-stop"
    return finding is not None


@pytest.mark.parametrize("unknown", [None, "1 mL", "10 [iU]"])
def test_a_dose_that_cannot_be_calculated_shows_no_taper(unknown: str | None) -> None:
    assert abrupt(stopped_after((7, "30 mg"), (3, "15 mg"), (1, unknown), (3, "15 mg")))


def test_a_stop_after_seven_days_of_use_is_abrupt_and_after_a_second_less_is_none() -> None:
    for late, is_abrupt in ((0, True), (1, False)):
        ordered = order("baclofen", "30 mg", at(STOP, days=-7), every=DAILY)
        first = dose("baclofen", "30 mg", at(STOP, days=-7, seconds=late))
        later = [dose("baclofen", "30 mg", at(STOP, days=-day)) for day in range(1, 7)]
        assert abrupt([ordered, first, *later, stopped(ordered, at(STOP))]) is is_abrupt


def test_a_pause_of_72_hours_does_not_end_the_use_and_a_second_more_does() -> None:
    for early, is_abrupt in ((0, True), (1, False)):
        ordered = order("baclofen", "30 mg", at(days=-9), every=DAILY)
        before = dose("baclofen", "30 mg", at(days=-9, seconds=-early))
        since = [dose("baclofen", "30 mg", at(days=-day)) for day in range(7)]
        assert abrupt([ordered, before, *since, stopped(ordered, at(STOP))]) is is_abrupt


@pytest.mark.parametrize(("seconds", "is_abrupt"), [(0, True), (1, False)])
def test_home_medication_up_to_72_hours_before_the_first_dose_is_use(
    seconds: int, *, is_abrupt: bool
) -> None:
    home = order(
        "baclofen",
        "30 mg",
        at(days=-60),
        community=True,
        ends_at=at(days=-6, seconds=-seconds),
        entity="home",
    )
    ordered = order("baclofen", "30 mg", at(days=-3), every=DAILY)
    doses = [dose("baclofen", "30 mg", at(days=-day)) for day in range(4)]
    assert abrupt([home, ordered, *doses, stopped(ordered, at(STOP))]) is is_abrupt


def test_a_dose_at_the_instant_of_the_stop_does_not_end_it_and_one_a_second_later_does() -> None:
    facts = stopped_after((14, "30 mg"))
    for late, is_abrupt in ((0, True), (1, False)):
        more = dose("baclofen", "30 mg", at(STOP, seconds=late), entity="more")
        assert (ward.finding([*facts, more], at(STOP, seconds=late)) is not None) is is_abrupt


def test_an_order_that_begins_at_discharge_is_no_order_of_the_ward_and_goes_on() -> None:
    ordered, *doses, _ = stopped_after((14, "30 mg"))
    stay = encounter(at(days=-20), ends_at=at(STOP))
    for early, is_abrupt in ((0, False), (-1, True)):
        further = order("baclofen", "30 mg", at(STOP, seconds=early), every=DAILY, entity="further")
        assert abrupt([stay, ordered, *doses, further]) is is_abrupt


def test_a_stop_has_its_review_when_it_is_shown_no_longer() -> None:
    facts = stopped_after((14, "30 mg"))
    assert ward.judge(facts, at(24)).review_at == at(STOP + 72)
    assert ward.finding(facts, at(STOP + 72, seconds=-1)) is not None
    assert ward.finding(facts, at(STOP + 72)) is None


def test_the_end_of_the_stay_and_of_an_order_and_the_beginning_of_another_have_their_reviews() -> None:
    ordered, *doses, _ = stopped_after((14, "30 mg"))
    stay = encounter(at(days=-20), ends_at=at(3))
    assert ward.judge([stay, ordered, *doses], at(0)).review_at == at(3)
    another = order("baclofen", "30 mg", at(STOP + 1), every=DAILY, entity="another")
    stop = stopped(ordered, at(STOP))
    assert ward.judge([ordered, *doses, stop, another], at(0)).review_at == at(STOP)
    assert ward.judge([ordered, *doses, stop, another], at(STOP)).review_at == at(STOP + 1)
    assert ward.finding([ordered, *doses, stop, another], at(STOP + 1)) is None
