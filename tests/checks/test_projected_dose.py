"""Before the dose, not after it: what was given and what is still due will pass the limit."""

from datetime import timedelta

from schemas.clinical import OrderState, PatientFact
from schemas.medications import Route
from services.safety.checks.doses.projected_dose import ProjectedDose
from tests.builders import at, corrected, dosage, dose, encounter, order, stopped, voided
from tests.checks.ward import Ward

ward = Ward(ProjectedDose())
EVERY_SIX = timedelta(hours=6)


def scheduled(amount: str = "20 mg", hours: float = 6) -> PatientFact:
    """Baclofen every six hours, next due at `hours`."""
    return order("baclofen", amount, at(hours), every=EVERY_SIX, entity="order")


def extra(amount: str, hours: float = 0) -> PatientFact:
    return dose("baclofen", amount, at(hours), entity=f"extra {hours}")


def test_a_dose_beside_the_schedule_will_pass_the_limit_with_what_is_still_due() -> None:
    finding = ward.finding([extra("10 mg", 1), scheduled(hours=5)], at(2))
    assert finding is not None
    assert finding.severity.value == "moderate"
    assert finding.text.startswith(
        "baclofen: 10 mg given and 80 mg still due make 90 mg in the 23 h up to 2026-03-03 07:00 UTC;"
    )
    assert finding.implicated == ("extra 1", "order")


def test_what_is_due_may_reach_the_limit_and_a_microgram_more_passes_it() -> None:
    ordered = order("baclofen", "20 mg", at(3), every=EVERY_SIX, entity="order", ends_at=at(16))
    assert ward.finding([extra("20 mg"), ordered], at(1)) is None
    finding = ward.finding([extra("20.001 mg"), ordered], at(1))
    assert finding is not None
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("80.001", "80")
    assert [row["counted"] for row in finding.evidence["due"]] == ["20", "20", "20"]  # type: ignore[index,union-attr]


def test_more_than_a_quarter_above_is_major() -> None:
    ordered = order("baclofen", "20 mg", at(3), every=EVERY_SIX, entity="order", ends_at=at(16))
    assert ward.severity([extra("40 mg"), ordered], at(1)) == "moderate"
    assert ward.severity([extra("40.001 mg"), ordered], at(1)) == "major"


def test_orders_that_pass_the_limit_by_themselves_are_not_this_story() -> None:
    assert ward.finding([order("baclofen", "30 mg", at(1), every=EVERY_SIX)], at(0)) is None


def test_a_dose_given_in_time_accounts_for_its_due_time() -> None:
    ordered = scheduled("20 mg", 0)
    in_time: list[PatientFact] = [dose("baclofen", "20 mg", at(6 * n), entity=f"d{n}") for n in range(3)]
    assert ward.finding([ordered, *in_time], at(13)) is None
    early = dose("baclofen", "20 mg", at(17), entity="early")
    assert ward.finding([ordered, *in_time, early], at(17)) is None
    too_early = dose("baclofen", "20 mg", at(17, seconds=-1), entity="early")
    assert ward.finding([ordered, *in_time, too_early], at(17)) is not None


def test_what_is_given_as_needed_counts_once_it_is_given() -> None:
    needed = order("baclofen", "20 mg", at(0), as_needed=True, times=4, entity="needed")
    assert ward.finding([needed, scheduled("20 mg", 3)], at(1)) is None
    assert ward.finding([needed, scheduled("20 mg", 3), extra("0.001 mg", 1)], at(1)) is not None
    assert ward.finding([needed, extra("20 mg")], at(1)) is None


def test_an_order_on_hold_or_stopped_is_due_no_more() -> None:
    ordered = order("baclofen", "20 mg", at(2), every=EVERY_SIX, entity="order", recorded_at=at(0))
    facts = [extra("40 mg"), ordered]
    assert ward.finding(facts, at(0)) is not None
    held = corrected(ordered, at(0, minutes=5), state=OrderState.ON_HOLD)
    assert ward.finding([extra("40 mg"), held], at(0, minutes=5)) is None
    assert ward.finding([*facts, stopped(ordered, at(0, minutes=5))], at(0, minutes=5)) is None


def test_a_voided_dose_takes_the_projection_back() -> None:
    given = extra("40 mg")
    ordered = order("baclofen", "20 mg", at(1), every=EVERY_SIX, entity="order")
    assert ward.finding([given, ordered], at(0)) is not None
    assert ward.finding([voided(given, at(0, minutes=1)), ordered], at(0, minutes=1)) is None


def test_spinal_micrograms_due_do_not_meet_oral_milligrams_given() -> None:
    spinal = order("baclofen", "600 ug", at(1), every=EVERY_SIX, route=Route.INTRATHECAL)
    assert ward.finding([extra("60 mg"), spinal], at(0)) is None


def test_the_upper_end_of_a_range_is_what_may_be_given() -> None:
    ranged = order("baclofen", dosages=(dosage("5 mg", up_to="20 mg", times=4),), when=at(2))
    finding = ward.finding([extra("20 mg"), ranged], at(0))
    assert finding is not None
    assert "still due, the upper end of a range, make" in finding.text


def test_an_order_that_nobody_ends_is_not_looked_at_for_ever() -> None:
    """Without a dose in the window there is nothing to project, until one comes."""
    facts = [extra("20 mg"), scheduled("20 mg", 2)]
    assert ward.judge(facts, at(23)).review_at is not None
    assert ward.judge(facts, at(24)).review_at is None
    assert ward.judge(facts, at(days=900)).review_at is None


def test_nothing_is_due_after_a_discharge() -> None:
    facts = [extra("40 mg"), scheduled("20 mg", 2), encounter(at(-5), ends_at=at(1))]
    assert ward.finding(facts, at(1, seconds=-1)) is not None
    assert ward.finding(facts, at(1)) is None


def test_a_dose_charted_as_not_given_is_due_no_more() -> None:
    ordered = order("baclofen", "20 mg", at(2), every=EVERY_SIX, entity="order", ends_at=at(15))
    refused = dose("baclofen", "20 mg", at(2), done=False, entity="refused")
    assert ward.finding([extra("40 mg"), ordered], at(1)) is not None
    assert ward.finding([extra("40 mg"), ordered, refused], at(2)) is None


def test_by_mouth_or_rectally_is_one_dose_not_two() -> None:
    mouth = order("acetaminophen", "650 mg", at(2), every=EVERY_SIX, entity="mouth")
    rectal = order("acetaminophen", "650 mg", at(2), every=EVERY_SIX, entity="rectal", route=Route.RECTAL)
    given = dose("acetaminophen", "650 mg", at(0), entity="given")
    assert ward.finding([mouth, rectal, given], at(0), "acetaminophen") is None
    linked = [each.model_copy(update={"alternatives": "either"}) for each in (mouth, rectal)]
    assert ward.finding([*linked, given], at(0), "acetaminophen") is None


def twice_a_day(hours: float = -21.6) -> PatientFact:
    """The whole limit in two doses, without clock times; entered at 10:24, so guessed for 10:24 and 22:24."""
    return order("baclofen", "40 mg", at(hours), times=2, entity="order")


def at_ward_hours(*hours: float) -> list[PatientFact]:
    return [dose("baclofen", "40 mg", at(hour), order="order", entity=f"at {hour}") for hour in hours]


def test_what_the_ward_gives_at_hours_of_its_own_is_not_to_come_again_at_the_guessed_ones() -> None:
    facts = [twice_a_day(), *at_ward_hours(-12, 0)]
    for hour in (0, 1, 2.4, 5):
        assert ward.finding(facts, at(hour)) is None
    assert ward.finding([*facts, *at_ward_hours(11.5)], at(11.5)) is None


def test_an_extra_dose_of_such_an_order_leaves_the_next_one_due() -> None:
    regular = [twice_a_day(), *at_ward_hours(-9.6)]
    assert ward.finding([*regular, *at_ward_hours(1.4)], at(1.4)) is None
    finding = ward.finding([*regular, *at_ward_hours(1.4 - 1 / 3600)], at(1.4))
    assert finding is not None
    assert finding.evidence["total"] == "120"


def test_clock_times_stay_due_whatever_else_is_given() -> None:
    clock = (dosage("40 mg", times=2, times_of_day=("10:24", "22:24")),)
    ordered = order("baclofen", dosages=clock, when=at(-21.6), entity="order")
    assert ward.severity([ordered, *at_ward_hours(-12, 0)], at(1)) == "major"
