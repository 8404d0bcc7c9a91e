"""A dose was given too soon after the one before, by a rule or by the patient's own order."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Severity
from schemas.clinical import Administration, Order, PatientFact
from schemas.medications import Route
from services.safety.checks.doses.dose_interval import DoseInterval
from services.safety.checks.judgement import Judgement
from services.safety.knowledge.kinds.interval import Interval
from tests.brief_knowledge import amount, knowledge, row
from tests.brief_rules import RULED
from tests.builders import at, condition, corrected, dosage, dose, in_words, order, stopped, tablets, voided
from tests.checks.ward import Ward

ward = Ward(DoseInterval(), RULED)
APAP = "acetaminophen"
SIX_HOURS = timedelta(hours=6)


def gram(when: datetime, **more: Any) -> Administration:
    return dose(APAP, "1000 mg", when, **more)


def as_needed(**more: Any) -> Order:
    """Baclofen every six hours as needed."""
    stated: dict[str, Any] = {"every": SIX_HOURS, "as_needed": True, "entity": "o"} | more
    return order("baclofen", "5 mg", at(0), **stated)


def given(*hours: float, under: str | None = "o") -> list[PatientFact]:
    return [dose("baclofen", "5 mg", at(hour), order=under, entity=f"dose at {hour}") for hour in hours]


def test_a_dose_within_the_tolerance_is_in_order_and_a_second_earlier_is_not() -> None:
    assert ward.finding([gram(at(0)), gram(at(3))], at(3), APAP) is None
    assert ward.severity([gram(at(0)), gram(at(3, seconds=-1))], at(3), APAP) == "minor"


def test_before_half_of_the_interval_it_is_one_severity_higher() -> None:
    assert ward.severity([gram(at(0)), gram(at(2))], at(2), APAP) == "minor"
    assert ward.severity([gram(at(0)), gram(at(2, seconds=-1))], at(2), APAP) == "moderate"


def test_staff_read_how_long_after_the_dose_before_and_how_long_to_wait() -> None:
    finding = ward.finding([gram(at(0), entity="a"), gram(at(2.5), entity="b")], at(3), APAP)
    assert finding is not None
    assert finding.text == (
        "acetaminophen: given at 2026-03-02 10:30 UTC, 2 h 30 min after the dose before; at least 4 h. "
        "Ask the prescriber and watch the patient."
    )
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("150", "240")
    assert finding.implicated == ("a", "b")
    assert [source.row for source in finding.sources] == ["interval.acetaminophen"]


def test_the_ingredient_counts_in_every_product_and_by_every_way_of_the_rule() -> None:
    hidden = dose(tablets(hydrocodone="5 mg", acetaminophen="325 mg"), "2 {tablet}", at(2.5))
    assert ward.severity([gram(at(0)), hidden], at(3), APAP) == "minor"
    assert ward.severity([gram(at(0)), gram(at(2.5), route=Route.INTRAVENOUS)], at(3), APAP) == "minor"
    assert ward.finding([gram(at(0)), gram(at(2.5), route=Route.TOPICAL)], at(3), APAP) is None


def test_tablets_charted_one_by_one_are_one_dose_and_doses_of_two_orders_are_two() -> None:
    assert ward.finding([gram(at(0)), gram(at(0, minutes=5))], at(1), APAP) is None
    assert ward.severity([gram(at(0)), gram(at(0, minutes=5, seconds=1))], at(1), APAP) == "moderate"
    two = [gram(at(0), order="by the clock"), gram(at(0, minutes=1), order="as needed")]
    assert ward.severity([*two], at(1), APAP) == "moderate"


def test_pieces_of_one_infusion_are_one_dose_and_a_long_infusion_is_not_judged() -> None:
    quarter = timedelta(minutes=15)
    pieces: list[PatientFact] = [
        dose(APAP, "250 mg", at(0, minutes=15 * n), lasting=quarter, route=Route.INTRAVENOUS)
        for n in range(4)
    ]
    assert ward.finding(pieces, at(2), APAP) is None
    after = dose(APAP, "250 mg", at(1, minutes=5, seconds=1), lasting=quarter, route=Route.INTRAVENOUS)
    assert ward.severity([*pieces, after], at(2), APAP) == "moderate"
    bag = dose(APAP, "1000 mg", at(0), lasting=timedelta(hours=1, seconds=1), route=Route.INTRAVENOUS)
    assert ward.finding([bag, gram(at(1))], at(2), APAP) is None
    drip = dose(APAP, "1000 mg", at(0), lasting=timedelta(hours=1), route=Route.INTRAVENOUS)
    assert ward.severity([drip, gram(at(1))], at(2), APAP) == "moderate"


def test_what_was_not_given_or_is_known_in_words_only_is_no_dose_and_an_unknown_amount_is_one() -> None:
    for second in (gram(at(1), done=False), dose(APAP, "0 mg", at(1)), dose(in_words(APAP), "1 g", at(1))):
        assert ward.finding([gram(at(0)), second], at(2), APAP) is None
    assert ward.severity([gram(at(0)), dose(APAP, None, at(1))], at(2), APAP) == "moderate"
    refused_between = [gram(at(0)), gram(at(2), done=False), gram(at(3.5))]
    assert ward.finding([*refused_between], at(4), APAP) is None


def test_it_is_told_for_a_day_after_the_dose() -> None:
    facts: list[PatientFact] = [gram(at(0)), gram(at(2.5))]
    assert ward.judge(facts, at(3), APAP).review_at == at(26.5)
    assert ward.finding(facts, at(26.5, seconds=-1), APAP) is not None
    assert ward.finding(facts, at(26.5), APAP) is None


def test_a_long_interval_that_was_cut_short_is_told_while_it_goes_on() -> None:
    facts: list[PatientFact] = [dose("diazepam", "5 mg", at(days=day)) for day in (0, 1)]
    assert ward.severity(facts, at(days=6, seconds=-1), "diazepam") == "major"
    assert ward.finding(facts, at(days=6), "diazepam") is None


def test_a_row_is_silent_while_the_patient_has_a_condition_that_it_does_not_speak_of() -> None:
    facts: list[PatientFact] = [dose("diazepam", "5 mg", at(days=day)) for day in (0, 1)]
    epilepsy = condition("icd10|G40.9", at(30), abated_at=at(40))
    assert "conditions" in DoseInterval().reads(RULED)
    told = ward.judge([*facts, epilepsy], at(29), "diazepam")
    assert len(told.findings) == 1 and told.review_at == at(30)
    assert ward.judge([*facts, epilepsy], at(30), "diazepam") == Judgement((), at(40))
    assert ward.finding([*facts, epilepsy], at(40), "diazepam") is not None
    assert ward.finding([*facts, condition("icd10|J44.1", at(0))], at(30), "diazepam") is not None


def test_a_breach_that_became_known_too_late_is_told_as_of_the_past() -> None:
    late = gram(at(2), recorded_at=at(26), received_at=at(26))
    finding = ward.finding([gram(at(0)), late], at(26), APAP)
    assert finding is not None and finding.retrospective
    earlier = gram(at(2), recorded_at=at(26, seconds=-1), received_at=at(26, seconds=-1))
    assert ward.finding([gram(at(0)), earlier], at(26), APAP) is None
    assert ward.finding([gram(at(0)), late], at(50, seconds=-1), APAP) is not None
    assert ward.finding([gram(at(0)), late], at(50), APAP) is None


def test_each_early_dose_raises_the_level_and_one_taken_back_lowers_it() -> None:
    third = gram(at(5))
    facts = [gram(at(0)), gram(at(2.5)), third]
    worse = ward.finding([*facts], at(5), APAP)
    assert worse is not None and worse.level == 2 and "2 doses came too early" in worse.text
    left = ward.finding([*facts, voided(third, at(6))], at(6), APAP)
    assert left is not None and left.level == 1


def test_every_six_hours_as_needed_is_an_interval() -> None:
    assert ward.finding([as_needed(), *given(0, 5)], at(6)) is None
    finding = ward.finding([as_needed(), *given(0, 4.5)], at(6))
    assert finding is not None and finding.severity.value == "minor"
    assert "4 h 30 min after the dose before; at least 6 h by the order." in finding.text
    assert finding.sources == () and finding.implicated == ("dose at 0", "dose at 4.5", "o")
    assert ward.severity([as_needed(), *given(0, 2.9)], at(6)) == "moderate"


def test_of_a_range_of_times_the_shortest_interval_is_allowed() -> None:
    """Every 4 to 6 hours: two thirds of a time to one time in 4 hours."""
    often = dosage("5 mg", every=timedelta(hours=4), as_needed=True).model_copy(
        update={"times_low": Decimal("0.666667"), "times_high": Decimal(1)}
    )
    ranged = order("baclofen", None, at(0), dosages=(often,), entity="o")
    assert ward.finding([ranged, *given(0, 3)], at(6)) is None
    assert ward.finding([ranged, *given(0, 2.99)], at(6)) is not None


def test_several_times_a_day_is_no_interval_and_a_scheduled_order_has_none() -> None:
    few = as_needed(every=None, times=4)
    assert ward.finding([few, *given(0, 1)], at(2)) is None
    assert ward.finding([as_needed(as_needed=False), *given(0, 1)], at(2)) is None
    once_a_day = as_needed(every=None, times=1)
    assert ward.severity([once_a_day, *given(0, 22.9)], at(24)) == "minor"
    assert ward.finding([once_a_day, *given(0, 23)], at(24)) is None


def test_a_dose_that_names_no_order_counts_for_the_only_one_and_that_is_said() -> None:
    unlinked = given(0, 4, under=None)
    finding = ward.finding([as_needed(), *unlinked], at(5))
    assert finding is not None
    assert finding.evidence["naming_no_order"] == ["dose at 0", "dose at 4"]
    scheduled = order("baclofen", "5 mg", at(0), times=3, entity="by the clock")
    assert ward.finding([as_needed(), scheduled, *unlinked], at(5)) is None
    assert ward.finding([as_needed(), stopped(scheduled, at(0)), *unlinked], at(5)) is not None
    home = order("baclofen", "5 mg", at(0), times=3, entity="home", community=True)
    assert ward.finding([as_needed(), home, *unlinked], at(5)) is not None
    spinal = order("baclofen", "50 ug", at(0), route=Route.INTRATHECAL, entity="spinal")
    assert ward.finding([as_needed(), spinal, *unlinked], at(5)) is not None


def test_an_order_that_took_the_place_of_another_goes_on_with_its_doses() -> None:
    again = order("baclofen", "5 mg", at(3), every=SIX_HOURS, as_needed=True, entity="again", replaces="o")
    doses = [*given(0), *given(4, under="again")]
    assert ward.severity([as_needed(), again, *doses], at(5)) == "minor"
    other = again.model_copy(update={"replaces": None})
    assert ward.finding([as_needed(), other, *doses], at(5)) is None


def test_an_order_of_two_ingredients_is_told_of_the_first() -> None:
    both = tablets(hydrocodone="5 mg", acetaminophen="325 mg")
    asked = order(both, "1 {tablet}", at(0), every=SIX_HOURS, as_needed=True, entity="o")
    facts: list[PatientFact] = [asked, *(dose(both, "1 {tablet}", at(h), order="o") for h in (0, 4.5))]
    assert ward.severity(facts, at(5), "hydrocodone") == "minor"
    assert ward.finding(facts, at(5), APAP) is None


def test_an_interval_that_was_corrected_judges_the_doses_anew() -> None:
    stricter = as_needed()
    dosages = (dosage("5 mg", every=timedelta(hours=4), as_needed=True),)
    eased = corrected(stricter, at(5), dosages=dosages)
    assert ward.finding([stricter, *given(0, 4.5)], at(5)) is not None
    assert ward.finding([stricter, *given(0, 4.5), eased], at(5)) is None


def test_a_product_that_nobody_knows_is_not_judged() -> None:
    assert not DoseInterval().concerns(RULED, "<holy water>")
    water = in_words("holy water")
    facts: list[PatientFact] = [
        order(water, "1 mL", at(0), every=SIX_HOURS, as_needed=True, entity="o"),
        *(dose(water, "1 mL", at(h), order="o") for h in (0, 1)),
    ]
    assert ward.finding(facts, at(2), "<holy water>") is None


MONTHLY = Interval(
    **row(
        "interval.baclofen.depot",
        subject="drug:baclofen",
        routes=(Route.SUBCUTANEOUS,),
        at_least=timedelta(days=26),
        after_more_than=amount("60 mg"),
        severity=Severity.MODERATE,
    )
)
depots = Ward(DoseInterval(), knowledge(rules=(MONTHLY,)))
SKIN = Route.SUBCUTANEOUS


def under_the_skin(much: str, day: float) -> Administration:
    return dose("baclofen", much, at(24 * day), route=SKIN)


def test_only_what_follows_a_larger_dose_has_to_wait() -> None:
    later = under_the_skin("10 mg", 20)
    assert depots.severity([under_the_skin("60.001 mg", 0), later], at(24 * 20)) == "moderate"
    assert depots.finding([under_the_skin("60 mg", 0), later], at(24 * 20)) is None
    assert depots.finding([under_the_skin("10 U", 0), later], at(24 * 20)) is None


def test_an_order_of_larger_doses_too_often_is_told_and_one_of_smaller_doses_is_not() -> None:
    def weekly(much: str) -> Order:
        return order("baclofen", much, at(0), every=timedelta(days=7), route=SKIN)

    assert depots.severity([weekly("61 mg")], at(0)) == "moderate"
    assert depots.finding([weekly("60 mg")], at(0)) is None
