"""A dose that accounts for a due time of its order counts at that time: a little early is no overdose."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as given_stories
from hypothesis import strategies as st

from schemas.clinical import Administration, Order, OrderState, PatientFact
from services.safety.checks.amounts.doses_when_due import when_due
from services.safety.checks.amounts.hours_of_the_ward import as_spaced_by_the_ward
from services.safety.checks.amounts.rolling_sum import counted, total
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from services.safety.checks.doses.projected_dose import ProjectedDose
from services.safety.checks.judgement import View
from services.safety.knowledge.models import LimitKind, Reckoning
from services.safety.ledger.folding import folded
from services.safety.recomputing import recomputed
from tests.brief_knowledge import knowledge, limit
from tests.builders import at, corrected, dosage, dose, order, stopped, voided
from tests.checks.ward import Ward

DAILY = timedelta(hours=24)
ONCE = knowledge(limits={"baclofen": (limit("baclofen", LimitKind.DAILY, "40 mg"),)})
given, coming = Ward(CumulativeDose(), ONCE), Ward(ProjectedDose(), ONCE)


AT_EIGHT = (dosage("40 mg", times=1, times_of_day=("08:00",)),)


def once_a_day(hour: float = 0, entity: str = "order") -> Order:
    """The whole limit once a day, due at eight in the morning."""
    return order("baclofen", dosages=AT_EIGHT, when=at(hour), entity=entity)


def doses(*hours: float, amount: str = "40 mg", under: str | None = "order") -> list[Administration]:
    return [dose("baclofen", amount, at(hour), order=under, entity=f"d{hour:.2f}") for hour in hours]


def test_the_daily_dose_given_five_minutes_early_is_no_overdose() -> None:
    facts = [once_a_day(), *doses(0, 24 - 5 / 60)]
    assert given.finding(facts, at(24, minutes=-5)) is None
    assert given.finding(facts, at(24)) is None


def test_without_an_order_that_makes_it_due_it_counts_when_it_was_given() -> None:
    assert given.severity(doses(0, 24 - 5 / 60), at(24, minutes=-5)) == "major"


def test_the_ward_s_window_is_the_tolerance_and_a_second_more_is_outside_of_it() -> None:
    inside = [once_a_day(), *doses(0), dose("baclofen", "40 mg", at(23), order="order")]
    assert given.finding(inside, at(23)) is None
    outside = [once_a_day(), *doses(0), dose("baclofen", "40 mg", at(23, seconds=-1), order="order")]
    assert given.severity(outside, at(23, seconds=-1)) == "major"


def test_late_one_day_and_early_the_next_is_still_one_dose_a_day() -> None:
    facts = [once_a_day(), *doses(0.9, 23.1, 48.9, 71.1)]
    for hour in (0.9, 23.1, 24, 48.9, 71.1, 72):
        assert given.finding(facts, at(hour)) is None
        assert coming.finding(facts, at(hour)) is None


def test_a_ward_that_gives_half_an_hour_earlier_each_day_stays_within_its_window_for_two_days() -> None:
    facts = [once_a_day(), *doses(0, 23.5, 47, 70.5)]
    assert given.finding(facts, at(23.5)) is None
    assert given.finding(facts, at(47)) is None
    assert given.severity(facts, at(70.5)) == "major"


def test_twice_the_dose_given_early_is_told_at_once_and_not_when_it_was_due() -> None:
    facts = [once_a_day(), *doses(0), *doses(23.5, amount="80 mg", under=None)]
    finding = given.finding(facts, at(23.5))
    assert finding is not None
    assert finding.severity.value == "major"
    assert finding.evidence["total"] == "80"
    assert given.finding(facts, at(47.5, seconds=-1)) is not None
    assert given.finding(facts, at(47.5)) is None


def test_an_extra_dose_beside_the_one_that_was_due_counts_when_it_was_given() -> None:
    for extra in (23, 24, 24.5):
        facts = [once_a_day(), *doses(0, 24), dose("baclofen", "40 mg", at(extra), entity="extra")]
        assert given.severity(facts, at(24.5)) == "major"


def test_two_doses_for_one_due_time_are_an_overdose() -> None:
    facts = [once_a_day(), *doses(23.9, 24)]
    assert given.severity(facts, at(24)) == "major"


def test_two_orders_that_are_due_at_one_time_are_both_counted() -> None:
    other = once_a_day(entity="other")
    facts = [once_a_day(), other, *doses(24), dose("baclofen", "40 mg", at(23.9), order="other")]
    assert given.severity(facts, at(24)) == "major"


def test_a_dose_as_needed_has_no_due_time() -> None:
    asked = order("baclofen", "40 mg", at(0), every=DAILY, as_needed=True, entity="asked")
    assert given.severity([asked, *doses(0, 23.9, under="asked")], at(23.9)) == "major"


def test_a_dose_under_another_order_does_not_take_the_due_time() -> None:
    asked = order("baclofen", "40 mg", at(0), every=DAILY, as_needed=True, entity="asked")
    extra = dose("baclofen", "40 mg", at(23.9), order="asked", entity="extra")
    assert given.severity([once_a_day(), asked, *doses(0), extra], at(23.9)) == "major"


def test_an_order_that_ends_and_the_one_after_it_make_the_same_times_due() -> None:
    first = once_a_day()
    second = once_a_day(24, "second")
    facts = [stopped(first, at(20)), second, *doses(0), dose("baclofen", "40 mg", at(23.5), order="second")]
    assert given.finding(facts, at(23.5)) is None


def test_an_order_that_is_stopped_before_makes_nothing_due() -> None:
    first = once_a_day()
    facts = [stopped(first, at(20)), *doses(0, 23.5)]
    assert given.severity(facts, at(23.5)) == "major"


def test_a_dose_charted_while_its_order_rests_counts_for_its_due_time() -> None:
    held = corrected(once_a_day(), at(23.7), state=OrderState.ON_HOLD)
    assert given.finding([held, *doses(0, 23.5)], at(23.7)) is None


def test_taken_back_the_dose_that_held_the_due_time_gives_it_to_the_other() -> None:
    early, due = doses(23.5, 24.1)
    facts = [once_a_day(), *doses(0), early, due]
    assert given.severity(facts, at(24.1)) == "major"
    assert given.finding([*facts, voided(due, at(25))], at(25)) is None


def test_the_evidence_says_when_a_dose_was_due_and_makes_the_number_again() -> None:
    facts = [once_a_day(), *doses(0), *doses(23.5, amount="60 mg", under=None)]
    finding = given.finding(facts, at(23.5))
    assert finding is not None
    (row,) = finding.evidence["doses"]  # type: ignore[misc]
    assert isinstance(row, dict)
    assert row["start"] == at(23.5).isoformat()
    assert row["counted_at"] == at(24).isoformat()
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.agrees


def test_what_is_due_next_is_no_overdose_because_the_last_dose_was_late() -> None:
    facts = [once_a_day(), *doses(0.5)]
    assert coming.finding(facts, at(1)) is None
    late = [once_a_day(), *doses(0), dose("baclofen", "40 mg", at(1, seconds=1), entity="late")]
    assert coming.severity(late, at(1.5)) == "major"


def test_four_times_a_day_within_the_window_is_four_times_a_day() -> None:
    base = knowledge(limits={"baclofen": (limit("baclofen", LimitKind.DAILY, "80 mg"),)})
    ordered = order("baclofen", "20 mg", at(0), every=timedelta(hours=6), entity="order")
    facts = [ordered, *doses(0.95, 6, 12, 18, 23.05, amount="20 mg")]
    assert Ward(CumulativeDose(), base).finding(facts, at(23.05)) is None


UNTIMED = order("baclofen", "40 mg", at(-3.4), every=DAILY, entity="order")
"""Once a day, at hours that the ward knows; twenty to five in the morning is a guess."""


def test_an_order_without_clock_times_is_given_at_the_hours_of_the_ward() -> None:
    facts = [UNTIMED, *doses(0, 23.9, 47, 70.5)]
    for hour in (0, 23.9, 47, 70.5):
        assert given.finding(facts, at(hour)) is None


def test_more_than_the_tolerance_early_is_a_second_dose_there_too() -> None:
    assert given.finding([UNTIMED, *doses(0, 23)], at(23)) is None
    early = dose("baclofen", "40 mg", at(23, seconds=-1), order="order", entity="early")
    finding = given.finding([UNTIMED, *doses(0), early], at(23, seconds=-1))
    assert finding is not None
    assert (finding.severity.value, finding.evidence["total"]) == ("major", "80")


def test_an_extra_dose_meets_the_doses_of_such_an_order_for_the_whole_day() -> None:
    extra = dose("baclofen", "40 mg", at(23.5), order="asked", entity="extra")
    assert given.severity([UNTIMED, *doses(0), extra], at(23.5)) == "major"
    assert given.severity([UNTIMED, *doses(0), extra], at(24)) is None
    assert given.severity([UNTIMED, *doses(0), extra, *doses(24)], at(24)) == "major"


def test_twice_the_dose_of_such_an_order_is_told_at_once() -> None:
    facts = [UNTIMED, *doses(0, amount="80 mg")]
    assert given.severity(facts, at(0)) == "major"
    assert given.severity(facts, at(24, seconds=-1)) == "major"
    assert given.finding(facts, at(24)) is None


def test_doses_without_any_order_meet_each_other_for_the_whole_day() -> None:
    extra = dose("baclofen", "40 mg", at(23.5), entity="extra")
    assert given.severity([extra, *doses(47.4, under=None)], at(47.4)) == "major"


BERLIN = ZoneInfo("Europe/Berlin")


def clock(day: int, hour: int, minute: int = 0) -> datetime:
    """What clocks in Berlin show at the end of March 2026; they go forward on the 29th."""
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def by_the_clock(*times: str) -> PatientFact:
    return order(
        "baclofen", dosages=(dosage("40 mg", times=1, times_of_day=times),), when=clock(20, 0), entity="order"
    )


def test_eight_in_the_morning_is_once_a_day_on_the_day_on_which_clocks_go_forward_too() -> None:
    ward = Ward(CumulativeDose(), replace(ONCE, zone=BERLIN))
    facts: list[PatientFact] = [by_the_clock("08:00")]
    facts += [dose("baclofen", "40 mg", clock(day, 8), order="order", entity=f"d{day}") for day in (28, 29)]
    assert ward.finding(facts, clock(29, 8)) is None
    assert ward.severity(facts[1:], clock(29, 8)) == "major"


def test_a_dose_for_midnight_given_before_it_belongs_to_the_day_that_it_was_due() -> None:
    row = limit("baclofen", LimitKind.DAILY, "40 mg", reckoning=Reckoning.CALENDAR_DAY)
    ward = Ward(CumulativeDose(), replace(knowledge(limits={"baclofen": (row,)}), zone=BERLIN))
    facts: list[PatientFact] = [by_the_clock("00:00")]
    facts += [
        dose("baclofen", "40 mg", instant, order="order", entity=f"{instant:%d%H}")
        for instant in (clock(23, 0), clock(23, 23, 45))
    ]
    assert ward.finding(facts, clock(23, 23, 45)) is None
    extra = dose("baclofen", "40 mg", clock(24, 12), entity="extra")
    finding = ward.finding([*facts, extra], clock(24, 12))
    assert finding is not None
    assert "80 mg given on 2026-03-24" in finding.text


@pytest.mark.parametrize("amount", ["80 mg", "41 mg"])
def test_a_dose_for_midnight_that_is_too_large_is_told_when_it_is_given(amount: str) -> None:
    row = limit("baclofen", LimitKind.DAILY, "40 mg", reckoning=Reckoning.CALENDAR_DAY)
    ward = Ward(CumulativeDose(), replace(knowledge(limits={"baclofen": (row,)}), zone=BERLIN))
    facts = [by_the_clock("00:00"), dose("baclofen", amount, clock(23, 23, 45), order="order", entity="d")]
    assert ward.finding(facts, clock(23, 23, 45)) is not None


_MINUTES = st.integers(-10, 10).map(lambda quarters: 15 * quarters)
_GIVEN = st.tuples(st.integers(0, 4), _MINUTES, st.sampled_from((10, 40)), st.sampled_from((None, "a", "b")))
_STORY = st.lists(_GIVEN, max_size=7, unique=True)


def as_doses(story: list[tuple[int, int, int, str | None]]) -> list[PatientFact]:
    return [
        dose(
            "baclofen",
            f"{amount} mg",
            at(12 * slot, minutes=off),
            order=under,
            entity=f"{slot}{off}{amount}{under}",
        )
        for slot, off, amount, under in story
    ]


def summed(facts: list[PatientFact], instants: list[datetime]) -> list[Decimal]:
    """What counts in the 24 hours up to each instant, by due times and then as the ward spaces doses."""
    orders = [order("baclofen", "10 mg", at(0), every=timedelta(hours=12), entity=entity) for entity in "ab"]
    ledger = folded([*orders, *facts], ONCE)
    timeline = ledger.given.get("baclofen")
    entries = timeline.entries if timeline is not None else ()
    view = View(ledger, ONCE, at(72), {})
    placed = when_due(view, entries, DAILY)
    spaced = as_spaced_by_the_ward(view, placed, DAILY)
    return [total(counted(each, DAILY, instant)) for each in (placed, spaced) for instant in instants]


@given_stories(story=_STORY, more=_GIVEN)
def test_a_dose_that_is_added_never_makes_a_sum_smaller_nor_is_a_sum_larger_than_what_was_given(
    story: list[tuple[int, int, int, str | None]], more: tuple[int, int, int, str | None]
) -> None:
    instants = [at(hours=-3, minutes=15 * n) for n in range(4 * 80)]
    before, after = summed(as_doses(story), instants), summed(as_doses([*story, more]), instants)
    assert all(one <= other for one, other in zip(before, after, strict=True))
    timeline = folded(as_doses(story), ONCE).given.get("baclofen")
    as_given = timeline.entries if timeline is not None else ()
    for instant, sum_ in zip(2 * instants, before, strict=True):
        assert sum_ <= total(counted(as_given, DAILY, instant))
