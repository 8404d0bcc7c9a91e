"""What was given under an order as needed against the most that it allows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from schemas.clinical import Order, OrderState, PatientFact
from schemas.dosage import MaxDose
from services.safety.checks.doses.as_needed_maximum import AsNeededMaximum
from tests.brief_rules import RULED
from tests.builders import at, corrected, dosage, dose, in_words, order, quantity, stopped, tablets, voided
from tests.checks.ward import Ward

ward = Ward(AsNeededMaximum(), RULED)


def most(amount: str, hours: int = 24) -> MaxDose:
    return MaxDose(amount=quantity(amount), period_seconds=Decimal(3600 * hours))


def capped(*maxima: MaxDose, amount: str = "10 mg", times: int | None = None, **more: Any) -> Order:
    """Baclofen as needed, at most so much."""
    told = dosage(amount, times=times, as_needed=True, max_dose=maxima, **more.pop("schedule", {}))
    return order("baclofen", None, at(0), dosages=(told,), entity="o", **more)


def given(*hours: float, amount: str = "10 mg", under: str | None = "o") -> list[PatientFact]:
    return [dose("baclofen", amount, at(hour), order=under, entity=f"dose at {hour}") for hour in hours]


def test_the_maximum_is_reached_and_staff_read_when_the_next_dose_fits() -> None:
    finding = ward.finding([capped(most("40 mg")), *given(0, 4, 8, 12)], at(13))
    assert finding is not None and finding.severity.value == "minor"
    assert finding.text == (
        "baclofen as needed: 40 mg given in the 24 h up to 2026-03-02 20:00 UTC; "
        "the order allows 40 mg in 24 h. Nothing is left until 2026-03-03 08:00 UTC."
    )
    assert finding.evidence["next_dose_fits_at"] == at(24).isoformat()
    assert finding.implicated == ("dose at 0", "dose at 4", "dose at 8", "dose at 12", "o")


def test_while_another_dose_fits_nothing_is_said_and_a_microgram_less_room_is_too_little() -> None:
    assert ward.finding([capped(most("40 mg")), *given(0, 4, 8)], at(9)) is None
    fuller = [*given(0, 4), *given(8, amount="10001 ug")]
    assert ward.severity([capped(most("40 mg")), *fuller], at(9)) == "minor"


def test_there_is_room_again_when_a_dose_is_a_day_old() -> None:
    facts = [capped(most("40 mg")), *given(0, 4, 8, 12)]
    assert ward.judge(facts, at(13)).review_at == at(24)
    assert ward.finding(facts, at(24, seconds=-1)) is not None
    assert ward.finding(facts, at(24)) is None


def test_above_the_maximum_is_moderate_and_above_a_quarter_more_is_major() -> None:
    cap = capped(most("40 mg"))
    assert ward.severity([cap, *given(0, 4, 8), *given(12, amount="10001 ug")], at(13)) == "moderate"
    assert ward.severity([cap, *given(0, 4, 8), *given(12, amount="20 mg")], at(13)) == "moderate"
    assert ward.severity([cap, *given(0, 4, 8), *given(12, amount="20001 ug")], at(13)) == "major"


def test_a_dose_early_within_the_tolerance_is_no_excess_and_a_second_more_is() -> None:
    cap = capped(most("40 mg"))
    assert ward.severity([cap, *given(0, 4, 8, 12), *given(23)], at(23)) == "minor"
    sooner = dose("baclofen", "10 mg", at(23, seconds=-1), order="o")
    assert ward.severity([cap, *given(0, 4, 8, 12), sooner], at(23, seconds=-1)) == "moderate"


def test_an_excess_only_through_a_dose_charted_twice_is_one_severity_lower_and_says_so() -> None:
    facts = [capped(most("40 mg")), *given(0, 4, 8, 12)]
    again = dose("baclofen", "10 mg", at(12, minutes=5), order="o", entity="again")
    finding = ward.finding([*facts, again], at(13))
    assert finding is not None and finding.severity.value == "minor" and finding.level > 1
    assert finding.evidence["suspected_copies"] == ["again"]
    apart = dose("baclofen", "10 mg", at(12, minutes=5, seconds=1), order="o", entity="again")
    assert ward.severity([*facts, apart], at(13)) == "moderate"


def test_a_number_of_doses_is_a_maximum_and_more_than_one_too_many_is_major() -> None:
    thrice = capped(times=3)
    assert ward.finding([thrice, *given(0, 4)], at(5)) is None
    used_up = ward.finding([thrice, *given(0, 4, 8)], at(9))
    assert used_up is not None and used_up.severity.value == "minor"
    assert "3 doses given in the 24 h up to 2026-03-02 16:00 UTC; the order allows 3 doses" in used_up.text
    assert ward.severity([thrice, *given(0, 4, 8, 12)], at(13)) == "moderate"
    assert ward.severity([thrice, *given(0, 4, 8, 12, 16)], at(17)) == "major"


def test_tablets_charted_one_by_one_are_one_dose_of_the_number() -> None:
    parts = [dose("baclofen", "5 mg", at(8, minutes=m), order="o", entity=f"part {m}") for m in (0, 5)]
    assert ward.severity([capped(times=3), *given(0, 4), *parts], at(9)) == "minor"
    apart = dose("baclofen", "5 mg", at(8, minutes=5, seconds=1), order="o")
    assert ward.severity([capped(times=3), *given(0, 4), parts[0], apart], at(9)) == "moderate"


def test_once_in_a_period_is_an_interval_and_no_maximum() -> None:
    hourly = capped(schedule={"every": timedelta(hours=6)})
    assert ward.finding([hourly, *given(0, 1, 2)], at(3)) is None


def test_the_worst_of_several_maxima_is_told() -> None:
    both = capped(most("40 mg"), most("10 mg", hours=6))
    assert ward.severity([both, *given(0)], at(1)) == "minor"
    assert ward.severity([both, *given(0, 2)], at(3)) == "major"


def test_doses_under_another_order_and_doses_taken_back_do_not_count() -> None:
    cap = capped(most("40 mg"))
    assert ward.finding([cap, *given(0, 4, 8), *given(12, under="other")], at(13)) is None
    fourth = dose("baclofen", "10 mg", at(12), order="o")
    assert ward.finding([cap, *given(0, 4, 8), fourth, voided(fourth, at(13))], at(13)) is None


def test_a_dose_that_names_no_order_counts_for_the_only_one_and_that_is_said() -> None:
    cap, unlinked = capped(most("40 mg")), given(0, 4, 8, 12, under=None)
    finding = ward.finding([cap, *unlinked], at(13))
    assert finding is not None and "Doses that name no order are counted." in finding.text
    scheduled = order("baclofen", "10 mg", at(0), times=3, entity="by the clock")
    assert ward.finding([cap, scheduled, *unlinked], at(13)) is None


def test_an_order_renewed_goes_on_with_the_doses_of_the_one_before() -> None:
    renewed = capped(most("40 mg")).model_copy(
        update={"entity": "again", "event_id": "again", "replaces": "o", "effective_at": at(10)}
    )
    facts = [capped(most("40 mg")), *given(0, 4, 8), renewed, *given(12, under="again")]
    assert ward.severity(facts, at(13)) == "minor"
    assert ward.severity([*facts, *given(14, under="again")], at(15)) == "moderate"


def test_when_the_order_is_stopped_or_on_hold_there_is_no_next_dose_but_an_excess_stays() -> None:
    cap = capped(most("40 mg"))
    held = corrected(cap, at(13), state=OrderState.ON_HOLD)
    for ended in (stopped(cap, at(13)), held):
        assert ward.finding([cap, *given(0, 4, 8, 12), ended], at(14)) is None
        assert ward.severity([cap, *given(0, 4, 8, 12, 12.5), ended], at(14)) == "moderate"


def test_an_excess_that_became_known_when_it_had_passed_is_told_as_of_the_past() -> None:
    late = dose("baclofen", "10 mg", at(12.5), order="o", recorded_at=at(30), received_at=at(30))
    finding = ward.finding([capped(most("40 mg")), *given(0, 4, 8, 12), late], at(30))
    assert finding is not None and finding.retrospective and finding.severity.value == "minor"
    facts = [capped(most("40 mg")), *given(0, 4, 8, 12), late]
    assert ward.finding(facts, at(47, seconds=-1)) is not None
    assert ward.finding(facts, at(47)) is None


def test_a_dose_that_alone_is_above_the_maximum_never_fits_and_no_instant_is_named() -> None:
    finding = ward.finding([capped(most("20 mg"), amount="30 mg"), *given(0, 4)], at(5))
    assert finding is not None and finding.text.endswith("Nothing is left for now.")
    assert "next_dose_fits_at" not in finding.evidence


def test_a_maximum_that_cannot_be_judged_is_said() -> None:
    for cap, reason in (
        (most("40 mg"), None),
        (most("5 mmol"), "unconvertible-unit"),
        (most("3 {tablet}"), "unconvertible-unit"),
        (most("0 mg"), "implausible-value"),
        (most("40 mg", hours=24 * 30), "insufficient-history"),
    ):
        finding = ward.finding([capped(cap), *given(0, 4)], at(5))
        assert (finding.reason.value if finding and finding.reason else None) == reason


def test_a_dose_of_an_unknown_amount_keeps_the_amount_from_being_judged_and_not_the_number() -> None:
    unknown = dose("baclofen", "1 {tablet}", at(8), order="o")
    facts: list[PatientFact] = [*given(0, 4), unknown]
    told = ward.judge([capped(most("40 mg")), *facts], at(9))
    assert [finding.reason for finding in told.findings] == ["unconvertible-unit"]
    assert told.findings[0].implicated == (unknown.entity,)
    assert ward.severity([capped(times=3), *facts], at(9)) == "minor"


def test_a_product_in_words_counts_under_the_order_that_it_names() -> None:
    words = dose(in_words("baclofen"), "10 mg", at(8), order="o")
    assert ward.severity([capped(times=3), *given(0, 4), words], at(9)) == "minor"
    unlinked = dose(in_words("baclofen"), "10 mg", at(8))
    assert ward.finding([capped(times=3), *given(0, 4), unlinked], at(9)) is None


def test_a_maximum_of_milligrams_of_a_combination_cannot_be_judged_and_one_of_tablets_can() -> None:
    both = tablets(hydrocodone="5 mg", acetaminophen="325 mg")

    def story(cap: MaxDose) -> list[PatientFact]:
        told = dosage("1 {tablet}", times=None, as_needed=True, max_dose=(cap,))
        doses = [dose(both, "1 {tablet}", at(hour), order="o", entity=f"dose {hour}") for hour in (0, 4)]
        return [order(both, None, at(0), dosages=(told,), entity="o"), *doses]

    finding = ward.finding(story(most("3000 mg")), at(5), "hydrocodone")
    assert finding is not None and finding.reason is not None
    assert ward.severity(story(most("2 {tablet}")), at(5), "hydrocodone") == "minor"
    assert ward.finding(story(most("2 {tablet}")), at(5), "acetaminophen") is None


def test_of_two_dosages_at_once_no_maximum_is_judged() -> None:
    two = tuple(dosage(amount, times=2, as_needed=True) for amount in ("5 mg", "10 mg"))
    either = order("baclofen", None, at(0), dosages=two, entity="o")
    assert ward.finding([either, *given(0, 1, 2, 3, 4)], at(5)) is None
