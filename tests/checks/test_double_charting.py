"""Two entries that look like one dose."""

from datetime import timedelta

from schemas.clinical import Administration, PatientFact
from schemas.medications import Route
from services.safety.checks.charting.double_charting import PossibleDoubleChart
from tests.brief_rules import RULED
from tests.builders import at, dose, in_words, voided
from tests.checks.ward import Ward

ward = Ward(PossibleDoubleChart(), RULED)
FIRST = dose(entity="first")


def second(seconds: float = 60, **more: object) -> Administration:
    return FIRST.model_copy(
        update={"entity": "second", "effective_at": at(0, seconds=seconds), "event_id": "second", **more}
    )


def test_the_same_dose_twice_within_five_minutes_is_told() -> None:
    assert ward.severity([FIRST, second(300)], at(1)) == "minor"
    assert ward.finding([FIRST, second(301)], at(1)) is None


def test_it_is_told_for_a_day_after_the_second_entry() -> None:
    facts: list[PatientFact] = [FIRST, second(60)]
    assert ward.finding(facts, at(24, seconds=59)) is not None
    assert ward.finding(facts, at(24, seconds=60)) is None
    assert ward.judge(facts, at(1)).review_at == at(24, seconds=60)


def test_another_amount_or_route_is_another_dose() -> None:
    more = dose("baclofen", "10.001 mg", at(0, seconds=60), entity="second")
    assert ward.finding([FIRST, more], at(1)) is None
    assert ward.finding([FIRST, second(route=Route.ENTERAL)], at(1)) is None
    assert ward.finding([FIRST, second(ended_at=at(0) + timedelta(hours=1))], at(1)) is None


def test_the_same_amount_in_another_unit_is_the_same_dose() -> None:
    grams = dose("baclofen", "0.01 g", at(0, seconds=60), entity="second")
    assert ward.severity([FIRST, grams], at(1)) == "minor"


def test_doses_under_two_orders_are_two_doses() -> None:
    one, other = FIRST.model_copy(update={"order": "o1"}), second(order="o2")
    assert ward.finding([one, other], at(1)) is None
    assert ward.finding([one, second(order="o1")], at(1)) is not None
    assert ward.finding([FIRST, other], at(1)) is not None


def test_a_dose_not_given_and_a_dose_without_an_amount_are_no_double_chart() -> None:
    assert ward.finding([FIRST, dose(when=at(0, seconds=60), done=False)], at(1)) is None
    words = [dose(in_words("baclofen"), "10 mg", at(0, seconds=s), entity=f"w{s}") for s in (0, 60)]
    assert ward.finding([*words], at(1)) is None


def test_a_drug_without_a_row_is_not_looked_at() -> None:
    facts: list[PatientFact] = [dose("ibuprofen", "400 mg", at(0, seconds=s)) for s in (0, 60)]
    assert ward.finding(facts, at(1), "ibuprofen") is None
    assert not PossibleDoubleChart().concerns(RULED, "ibuprofen")


def test_each_pair_raises_the_level_of_the_one_issue() -> None:
    facts: list[PatientFact] = [FIRST, second(60), dose(when=at(0, seconds=120), entity="third")]
    finding = ward.finding(facts, at(1))
    assert finding is not None
    assert finding.level == 2
    assert finding.implicated == ("first", "second", "third")


def test_a_second_entry_taken_back_ends_the_issue() -> None:
    again = second(60)
    assert ward.finding([FIRST, again, voided(again, at(1))], at(1)) is None
