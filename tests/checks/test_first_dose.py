"""Somebody who is not used to baclofen starts with 15 mg a day at most."""

from datetime import timedelta

from schemas.clinical import PatientFact
from services.safety.checks.judgement import Finding
from services.safety.checks.starting.first_dose import FirstDoseTooHigh
from tests.brief_rules import RULED
from tests.builders import at, dose, encounter, order
from tests.checks.ward import Ward

ward = Ward(FirstDoseTooHigh(), RULED)
KNOWN: PatientFact = order("ibuprofen", "400 mg", at(days=-14), entity="long ago")
"""The record goes back fourteen days."""


def finding(facts: list[PatientFact], hours: float = 0, **more: float) -> Finding | None:
    return ward.finding(facts, at(hours, **more))


def test_five_milligrams_three_times_a_day_is_a_start_and_a_microgram_more_is_too_much() -> None:
    assert finding([KNOWN, order("baclofen", "5 mg", times=3)]) is None
    high = finding([KNOWN, order("baclofen", "5.001 mg", times=3)])
    assert high is not None
    assert (high.severity.value, high.reason) == ("moderate", None)
    assert high.text.startswith("baclofen: 15.003 mg ordered per day at the start;")


def test_what_was_given_counts_too() -> None:
    doses: list[PatientFact] = [dose("baclofen", "10 mg", at(0)), dose("baclofen", "10 mg", at(6))]
    assert finding([KNOWN, *doses], 6, seconds=-1) is None
    high = finding([KNOWN, *doses], 6)
    assert high is not None and high.evidence["total"] == "20"
    assert finding([KNOWN, *doses], 24) is None


def test_the_very_first_dose_counts_by_itself() -> None:
    assert finding([KNOWN, dose("baclofen", "15 mg", at(0))]) is None
    high = finding([KNOWN, dose("baclofen", "15.001 mg", at(0))])
    assert high is not None and high.evidence["total"] == "15.001"


def test_a_patient_who_had_it_within_fourteen_days_is_used_to_it() -> None:
    start = order("baclofen", "20 mg", at(0))
    had = dose("baclofen", "5 mg", at(days=-14, seconds=1), entity="had it")
    assert finding([KNOWN, had, start]) is None
    too_long_ago = dose("baclofen", "5 mg", at(days=-14), entity="had it")
    assert finding([KNOWN, too_long_ago, start]) is not None


def test_home_medication_is_use() -> None:
    home = order("baclofen", "20 mg", at(days=-20), community=True, entity="home", ends_at=at(0))
    assert finding([home, order("baclofen", "20 mg", at(1))], 1) is None


def test_a_record_that_does_not_go_back_far_enough_is_not_assessed() -> None:
    start = order("baclofen", "20 mg", at(0))
    late = order("ibuprofen", "400 mg", at(days=-14, seconds=1), entity="long ago")
    unknown = finding([late, start])
    assert unknown is not None and unknown.reason is not None
    assert unknown.reason.value == "insufficient-history"
    known = finding([encounter(at(days=-14)), start])
    assert known is not None and known.reason is None


def test_an_order_that_says_that_the_drug_is_new_needs_no_history() -> None:
    start = order("baclofen", "20 mg", at(0), new_to_patient=True)
    known = finding([start])
    assert known is not None and (known.severity.value, known.reason) == ("moderate", None)
    assert known.evidence["stated_new_by"] == start.entity
    given = dose("baclofen", "20 mg", at(1))
    as_needed = order("baclofen", "20 mg", at(0), as_needed=True, new_to_patient=True, entity="prn")
    known = finding([as_needed, given], 1)
    assert known is not None and known.reason is None
    assert set(known.implicated) == {given.entity, "prn"}


def test_what_the_record_shows_goes_before_the_word_that_a_drug_is_new() -> None:
    had = dose("baclofen", "5 mg", at(days=-10), entity="had it")
    assert finding([had, order("baclofen", "20 mg", at(0), new_to_patient=True)]) is None


def test_a_start_within_the_limit_needs_no_history() -> None:
    assert finding([order("baclofen", "5 mg", at(0), times=3)]) is None


def test_the_start_is_judged_for_three_days() -> None:
    start: list[PatientFact] = [KNOWN, order("baclofen", "20 mg", at(0))]
    assert ward.judge(start, at(0)).review_at == at(72)
    assert finding(start, 72, seconds=-1) is not None
    assert finding(start, 72) is None


def test_ordered_as_needed_and_never_given_is_no_start() -> None:
    assert finding([KNOWN, order("baclofen", "20 mg", at(0), as_needed=True)]) is None


def test_an_infusion_counts_for_what_has_run_in() -> None:
    running = dose("baclofen", "30 mg", at(0), lasting=timedelta(hours=10))
    assert finding([KNOWN, running], 5) is None
    assert finding([KNOWN, running], 5, seconds=1) is not None


def test_a_fourth_dose_a_little_early_is_one_of_the_next_day() -> None:
    doses: list[PatientFact] = [dose("baclofen", "5 mg", at(hour)) for hour in (0, 8, 16, 23)]
    assert finding([KNOWN, *doses], 23) is None
    doses[-1] = dose("baclofen", "5 mg", at(23, seconds=-1))
    assert finding([KNOWN, *doses], 23, seconds=-1) is not None
