"""A missed dose is never made up for by giving it with the next one."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.base import Severity
from schemas.clinical import PatientFact
from schemas.medications import Coding, Medication, Route, StatedIngredient
from services.safety.checks.doses.doubled_dose import DoubledDose
from services.safety.checks.judgement import Finding
from services.safety.knowledge.kinds.missed_dose import MissedDose
from services.safety.recomputing import recomputed
from tests.brief_knowledge import MOUTH, knowledge, row
from tests.builders import RXNORM, at, dosage, dose, order, quantity, stopped, voided
from tests.checks.ward import Ward

ROW = MissedDose(
    **row(
        "missed-dose.baclofen",
        subject="drug:baclofen",
        routes=MOUTH,
        of_missed=Decimal("0.8"),
        severity=Severity.MODERATE,
    )
)
ward = Ward(DoubledDose(), knowledge(rules=(ROW,)))
ORDER = order("baclofen", "10 mg", at(-24), every=timedelta(hours=6), entity="order")
"""Due at 8:00, 14:00, 20:00 and 2:00; the hours below count from 8:00."""
NIGHT = dose("baclofen", "10 mg", at(-6), order="order", entity="night")


def given(stated: str, hours: float, **more: object) -> PatientFact:
    return dose("baclofen", stated, at(hours), order="order", **more)  # type: ignore[arg-type]


def told(*facts: PatientFact, hours: float) -> Finding | None:
    return ward.finding([ORDER, NIGHT, *facts], at(hours))


def test_both_doses_at_the_next_due_time_are_told_with_what_was_missed() -> None:
    finding = told(given("20 mg", 6), hours=6)
    assert finding is not None and finding.severity is Severity.MODERATE
    assert finding.text.startswith(
        "baclofen: 20 mg given at 2026-03-02 14:00 UTC, where 10 mg is due, after nothing was given for "
        "2026-03-02 08:00 UTC."
    )
    assert (finding.evidence["total"], finding.evidence["limit"]) == ("20", "10")
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.made == again.shown == Decimal(20)


@pytest.mark.parametrize(("stated", "doubled"), [("18 mg", True), ("17.999 mg", False)])
def test_four_fifths_of_the_missed_dose_besides_are_doubled_and_a_microgram_less_is_not(
    stated: str, *, doubled: bool
) -> None:
    assert (told(given(stated, 6), hours=6) is not None) is doubled


def test_the_dose_that_is_due_is_no_doubled_one_whatever_was_missed_before() -> None:
    assert told(given("10 mg", 6), hours=6) is None


def test_twice_the_dose_where_none_was_missed_is_another_story() -> None:
    assert told(given("10 mg", 0), given("20 mg", 6), hours=6) is None


def test_a_dose_at_the_end_of_the_ward_s_window_was_not_missed_and_a_second_later_it_was() -> None:
    late = given("10 mg", 1)
    assert told(late, given("20 mg", 6), hours=6) is None
    refused = given("10 mg", 0, done=False)
    assert told(refused, given("20 mg", 6), hours=6) is not None
    later = dose("baclofen", "20 mg", at(1, seconds=1), order="order")
    assert told(later, hours=2) is not None
    in_time = dose("baclofen", "20 mg", at(1), order="order")
    assert told(in_time, hours=2) is None


def test_a_missed_dose_that_is_given_late_by_itself_is_not_doubled() -> None:
    assert told(given("10 mg", 3), hours=3) is None
    assert told(given("10 mg", 3), given("10 mg", 6), hours=6) is None


def test_two_tablets_within_the_ward_s_window_are_one_dose_and_a_second_more_apart_they_are_two() -> None:
    assert told(given("10 mg", 5), given("10 mg", 6), hours=6) is not None
    apart = dose("baclofen", "10 mg", at(5, seconds=-1), order="order")
    assert told(apart, given("10 mg", 6), hours=6) is None


def test_a_higher_order_after_a_missed_dose_is_given_as_it_is_ordered() -> None:
    raised = order("baclofen", "30 mg", at(3), every=timedelta(hours=6), entity="more", replaces="order")
    facts = [ORDER, NIGHT, raised]
    assert ward.finding([*facts, dose("baclofen", "30 mg", at(3), order="more")], at(3)) is None
    assert ward.finding([*facts, dose("baclofen", "38 mg", at(3), order="more")], at(3)) is not None


@pytest.mark.parametrize(
    ("together", "ordered", "before", "after"), [("20 mg", "30 mg", 1, 0), ("10 mg", "2 mg", 0, 1)]
)
def test_what_is_due_is_asked_again_when_a_further_order_begins(
    together: str, ordered: str, before: int, after: int
) -> None:
    further = order("baclofen", ordered, at(4), every=timedelta(hours=24), entity="further")
    facts = [ORDER, NIGHT, given(together, 3), further]
    judged = ward.judge(facts, at(3))
    assert (len(judged.findings), judged.review_at) == (before, at(4))
    assert len(ward.judge(facts, at(4, seconds=-1)).findings) == before
    assert len(ward.judge(facts, at(4)).findings) == after


def test_before_its_first_order_begins_a_drug_has_its_review_then() -> None:
    later = order("baclofen", "10 mg", at(4), every=timedelta(hours=6), entity="later")
    loose = dose("baclofen", "20 mg", at(3))
    assert ward.judge([loose, later], at(3)).review_at == at(4)


def test_a_dose_ordered_once_or_as_needed_makes_up_for_nothing() -> None:
    once = order("baclofen", None, at(5), dosages=(dosage("20 mg", times=None, once=True),), entity="once")
    stat = dose("baclofen", "20 mg", at(6), order="once")
    assert told(once, stat, hours=6) is None


def test_it_is_told_for_a_day_and_ends_when_the_missed_dose_is_charted_after_all() -> None:
    double = given("20 mg", 6)
    assert told(double, hours=29.99) is not None
    assert told(double, hours=30) is None
    assert told(double, given("10 mg", 0), hours=7) is None
    assert ward.finding([ORDER, NIGHT, double, voided(double, at(7))], at(7)) is None


def test_without_a_scheduled_order_nothing_was_missed() -> None:
    assert ward.finding([NIGHT, given("20 mg", 6)], at(6)) is None
    ended = stopped(ORDER, at(-7))
    assert ward.finding([ended, NIGHT, given("20 mg", 6)], at(6)) is None


def test_spinal_micrograms_never_meet_oral_milligrams() -> None:
    spinal = dose("baclofen", "20 mg", at(6), route=Route.INTRATHECAL, order="order")
    assert told(spinal, hours=6) is None


def test_a_dose_on_record_that_begins_later_has_its_review_and_a_doubled_one_when_its_day_is_over() -> None:
    facts = [ORDER, NIGHT, given("20 mg", 6)]
    assert ward.judge(facts, at(0)).review_at == at(6)
    assert ward.judge(facts, at(6)).review_at == at(30)


def test_what_runs_for_a_second_longer_than_a_bolus_is_not_had_at_once() -> None:
    bolus = ward.knowledge.policy.dose.bolus_up_to
    assert told(given("20 mg", 6, lasting=bolus), hours=6) is not None
    assert told(given("20 mg", 6, lasting=bolus + timedelta(seconds=1)), hours=6) is None


@pytest.mark.parametrize(("seconds", "doubled"), [(0, False), (1, True)])
def test_a_due_time_is_missed_once_the_ward_s_window_is_over_though_the_next_one_is_nearer(
    seconds: int, *, doubled: bool
) -> None:
    """10 mg are due at 8:00 and at 9:30; 20 mg at 9:00 are both, and a second later one was missed."""
    other = order("baclofen", "10 mg", at(-22.5), every=timedelta(hours=24), entity="other")
    both = dose("baclofen", "20 mg", at(1, seconds=seconds), order="order")
    assert (told(other, both, hours=2) is not None) is doubled


@pytest.mark.parametrize(("seconds", "doubled"), [(0, True), (1, False)])
def test_two_tablets_are_for_the_due_time_whose_window_the_first_of_them_is_in(
    seconds: int, *, doubled: bool
) -> None:
    """10 mg are due at 14:00 and 30 mg at 20:00, at which 10 and 8 mg are no doubled dose."""
    large = order("baclofen", "20 mg", at(-12), every=timedelta(hours=24), entity="large")
    first = dose("baclofen", "10 mg", at(7, seconds=seconds), order="order", entity="first")
    assert (told(large, first, given("8 mg", 7.5), hours=8) is not None) is doubled


@pytest.mark.parametrize(("seconds", "doubled"), [(0, True), (1, False)])
def test_a_dose_that_was_missed_two_days_ago_may_be_made_up_for_and_a_second_longer_ago_not(
    seconds: int, *, doubled: bool
) -> None:
    rare = order("baclofen", "10 mg", at(-96), every=timedelta(hours=48), entity="rare")
    once = dose("baclofen", "10 mg", at(-96), order="rare", entity="once")
    double = dose("baclofen", "20 mg", at(0, seconds=seconds), order="rare", entity="double")
    assert (ward.finding([rare, once, double], at(1)) is not None) is doubled


def test_where_a_taper_has_come_to_nothing_no_dose_is_due_that_one_given_late_could_double() -> None:
    last, nothing = dosage("10 mg", every=timedelta(hours=6)), dosage("0 mg", every=timedelta(hours=6))
    steps = (
        last.model_copy(update={"ends_at": at(5)}),
        nothing.model_copy(update={"sequence": 2, "starts_at": at(5)}),
    )
    taper = order("baclofen", when=at(-24), dosages=steps, entity="order")
    assert ward.finding([taper, NIGHT, given("10 mg", 6)], at(6)) is None


def test_a_solution_of_which_a_millilitre_holds_no_round_number_of_milligrams_is_told_rounded() -> None:
    strength, per = quantity("20 mg"), quantity("3 mL")
    coding = Coding(system="rxnorm", code=RXNORM["baclofen"])
    part = StatedIngredient(name="baclofen", codings=(coding,), strength=strength, per=per)
    solution = Medication(text="baclofen 20 mg/3 mL", ingredients=(part,))
    ordered = order(solution, "1 mL", at(-24), every=timedelta(hours=6), entity="order")
    night = dose(solution, "1 mL", at(-6), order="order", entity="night")
    finding = ward.finding([ordered, night, dose(solution, "2 mL", at(6), order="order")], at(6))
    assert finding is not None
    assert "13.333333 mg given at 2026-03-02 14:00 UTC, where 6.666667 mg is due" in finding.text
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.agrees
