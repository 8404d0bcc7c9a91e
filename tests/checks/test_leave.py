"""Doses that fall due while the patient is on leave."""

from datetime import timedelta

from schemas.clinical import FactStatus, Observation, PatientFact
from services.safety.checks.stopping.withdrawal import WithdrawalRisk
from tests.builders import at, corrected, dose, encounter, observation, order
from tests.checks.ward import Ward

ward = Ward(WithdrawalRisk())


def told(text: str, hours: float, **more: object) -> Observation:
    return observation("dosewarden|leave-of-absence", None, at(hours), text=text, visit="stay", **more)


def used() -> list[PatientFact]:
    """Baclofen every six hours for two weeks, the last time in the morning, on the ward."""
    doses: list[PatientFact] = [dose("baclofen", "10 mg", at(-6 * past)) for past in range(57)]
    stay = encounter(at(days=-15), entity="stay")
    return [stay, order("baclofen", "10 mg", at(days=-14), every=timedelta(hours=6)), *doses]


def missed(facts: list[PatientFact], hours: float) -> object:
    finding = ward.finding(facts, at(hours))
    return None if finding is None else [slot["due"][11:16] for slot in finding.evidence["slots"]]


def test_what_is_due_on_leave_is_not_missed_and_is_expected_again_from_the_return() -> None:
    assert missed(used(), 14) == ["14:00", "20:00"]
    away = [*used(), told("begun", 1)]
    assert missed(away, 20) is None
    back = [*away, told("ended", 25)]
    assert missed(back, 36) is None
    assert missed(back, 37) == ["14:00", "20:00"]


def test_what_was_missed_before_the_leave_counts_and_stays_told() -> None:
    assert missed([*used(), told("begun", 7.5), told("ended", 25)], 32) == ["14:00", "14:00"]
    assert missed([*used(), told("begun", 14)], 20) == ["14:00", "20:00"]


def test_a_cancelled_leave_or_return_was_none() -> None:
    assert missed([*used(), told("begun", 1), told("not begun", 2)], 14) == ["14:00", "20:00"]
    facts = [*used(), told("begun", 1), told("ended", 2), told("not ended", 3)]
    assert missed(facts, 20) is None


def test_a_leave_of_which_no_end_is_told_does_not_last_for_ever() -> None:
    back = [*used(), told("begun", 1), dose("baclofen", "10 mg", at(24), entity="back")]
    assert missed(back, 37) == ["14:00", "20:00"]
    again = [*used(), told("begun", 1), encounter(at(24), entity="again")]
    assert missed(again, 37) == ["08:00", "14:00"]


def stated(hours: float, away_hours: float | None = None, **more: object) -> PatientFact:
    """The stay as a source states it anew: away since then, or here."""
    since = at(away_hours) if away_hours is not None else None
    stay = encounter(at(days=-15), entity="stay", leave_told=True, away_since=since)
    return corrected(stay, at(hours), **more)


def test_so_it_is_where_the_stay_itself_says_that_the_patient_is_away_and_is_back() -> None:
    away = [*used(), stated(1, away_hours=1)]
    assert missed(away, 20) is None
    back = [*away, stated(25)]
    assert missed(back, 36) is None
    assert missed(back, 37) == ["14:00", "20:00"]


def test_a_stay_that_is_taken_back_takes_its_leave_with_it() -> None:
    void = stated(2, away_hours=1, status=FactStatus.ENTERED_IN_ERROR)
    again = encounter(at(days=-15), entity="again")
    assert missed([*used(), stated(1, away_hours=1), void, again], 14) == ["14:00", "20:00"]
