"""A drug that is for some days only is given without a break for longer."""

from schemas.clinical import PatientFact
from services.safety.checks.doses.duration import TreatmentDuration
from tests.brief_rules import RULED
from tests.builders import at, dose, order, stopped
from tests.checks.ward import Ward

ward = Ward(TreatmentDuration(), RULED)
DAILY: list[PatientFact] = [dose("diazepam", "5 mg", at(days=day)) for day in range(9)]


def test_five_days_are_allowed_and_the_first_moment_after_them_is_too_long() -> None:
    assert ward.judge(DAILY, at(days=4), "diazepam").review_at == at(days=5)
    assert ward.finding(DAILY[:6], at(days=5, seconds=-1), "diazepam") is None
    finding = ward.finding(DAILY[:6], at(days=5), "diazepam")
    assert finding is not None
    assert finding.text.startswith("diazepam: in use since 2026-03-02 08:00 UTC; at most 5 days.")


def test_a_break_of_two_days_begins_a_new_course_and_a_second_less_does_not() -> None:
    resumed = dose("diazepam", "5 mg", at(days=5), entity="resumed")
    after = dose("diazepam", "5 mg", at(1, days=5), entity="after")
    assert ward.finding([*DAILY[:4], resumed, after], at(days=6), "diazepam") is None
    sooner = dose("diazepam", "5 mg", at(days=5, seconds=-1), entity="resumed")
    assert ward.finding([*DAILY[:4], sooner, after], at(days=6), "diazepam") is not None


def test_the_issue_ends_two_days_after_the_last_dose() -> None:
    facts = DAILY[:7]
    assert ward.finding(facts, at(days=8, seconds=-1), "diazepam") is not None
    assert ward.judge(facts, at(days=7), "diazepam").review_at == at(days=8)
    assert ward.finding(facts, at(days=8), "diazepam") is None


def test_a_scheduled_order_is_use_until_it_is_stopped() -> None:
    ordered = order("diazepam", "5 mg", at(0))
    assert ward.finding([ordered], at(days=5), "diazepam") is not None
    facts: list[PatientFact] = [stopped(ordered, at(days=4))]
    assert ward.finding(facts, at(days=5), "diazepam") is None


def test_ordered_as_needed_is_use_only_when_given() -> None:
    assert ward.finding([order("diazepam", "5 mg", at(0), as_needed=True)], at(days=9), "diazepam") is None


def test_a_drug_without_a_rule_may_be_given_for_as_long_as_needed() -> None:
    daily: list[PatientFact] = [dose("lorazepam", "1 mg", at(days=day)) for day in range(9)]
    assert ward.finding(daily, at(days=8), "lorazepam") is None
