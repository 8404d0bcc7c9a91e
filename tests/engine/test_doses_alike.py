"""Doses that go on alike: an answer that nobody asks for any more is the one that asking would give."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from services.safety.checks import CHECKS
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.further_dose import AsksOfAsNeeded, AsksOnlyUse, Steady
from services.safety.checks.judgement import SILENT
from services.safety.engine.asking import subjects
from services.safety.engine.state import Asked, PatientState
from services.safety.ledger.folding import folded
from tests.brief_rules import RULED
from tests.builders import at, condition, dose, encounter, observation, order, person, tick
from tests.checks.ordered_wards import regular_wards
from tests.checks.test_further_dose import told
from tests.engine.ward import engine

ALWAYS = (AsksOnlyUse, AsksOfAsNeeded)
REGULAR = [check for check in CHECKS if isinstance(check, Steady) and not isinstance(check, ALWAYS)]


def stepped(check: Any, story: list[PatientFact]) -> list[PatientState]:
    """The state after each statement, judged by one check."""
    judging = engine(knowledge=RULED, checks=(check,))
    states: list[PatientState] = []
    state: PatientState | None = None
    for fact in story:
        state = judging.step(state, fact).state
        states.append(state)
    return states


def promised(state: PatientState, drug: str) -> frozenset[str]:
    """Of which questions nobody looks at a further dose of a drug that is like the one before."""
    assert state.judgements is not None
    known = state.judgements.going_on.get(drug)
    return frozenset(asked.subject for asked in known.promised) if known is not None else frozenset()


@pytest.mark.parametrize("check", REGULAR, ids=lambda check: check.id)
@given(story=regular_wards(), part=st.integers(0, 100))
@settings(max_examples=40)
def test_what_is_held_while_doses_go_on_alike_is_what_asking_gives(
    check: Any, story: list[PatientFact], part: int
) -> None:
    """After each statement, then and at a part (of 100) of the time until the next review."""
    states = stepped(check, story)
    promises = any(state.judgements is not None and state.judgements.going_on for state in states)
    event("promised" if promises else "nothing promised")
    for place, state in enumerate(states):
        anew, held = folded(story[: place + 1], RULED), state.judgements
        assert held is not None
        span = (
            timedelta(hours=2 * part)
            if held.next_review is None
            else (held.next_review - timedelta.resolution - state.now) * part / 100
        )
        for instant in (state.now, state.now + span):
            view = view_of(anew, RULED, instant, state.alive)
            for subject in sorted(subjects(anew)) if check.per_ingredient else ("",):
                answer = held.answers.get(Asked(0, subject), SILENT)
                assert told(judged(check, view, subject).findings) == told(answer.findings), instant


def check_named(name: str) -> Any:
    return next(check for check in REGULAR if check.id == name)


def paracetamol(*hours: float, amount: str = "1000 mg", every: int = 8) -> list[PatientFact]:
    """A stay, an order and doses under it, so many hours after it."""
    stated: list[PatientFact] = [
        encounter(at(-1)),
        order("acetaminophen", amount, at(-1), every=timedelta(hours=every), entity="order-0"),
    ]
    return stated + [given_at(at(hour), amount) for hour in hours]


def given_at(when: datetime, amount: str = "1000 mg") -> PatientFact:
    name = f"dose-{when:%d-%H-%M}"
    return dose("acetaminophen", amount, when, order="order-0", entity=name, received_at=when)


@pytest.mark.parametrize("name", ["cumulative-dose", "projected-dose"])
def test_doses_far_enough_apart_are_promised_to_stay_below_the_limit(name: str) -> None:
    *_, last = stepped(check_named(name), paracetamol(0, 8, 16, amount="650 mg"))
    assert promised(last, "acetaminophen") == {"acetaminophen"}


@pytest.mark.parametrize(("name", "hours"), [("cumulative-dose", 24 / 6), ("projected-dose", 25 / 5)])
def test_six_doses_have_room_in_a_day_and_five_beside_one_that_is_due(name: str, hours: float) -> None:
    """One that is due may be missed by an hour, and count then."""
    *_, last = stepped(check_named(name), paracetamol(0, 8, 16, amount="650 mg"))
    assert last.judgements is not None
    least = last.judgements.going_on["acetaminophen"].spaced.least
    assert least == timedelta(hours=hours) + timedelta.resolution


@pytest.mark.parametrize("name", ["cumulative-dose", "projected-dose"])
def test_of_doses_that_fill_the_limit_nothing_is_promised(name: str) -> None:
    *_, last = stepped(check_named(name), paracetamol(0, 6, 12, every=6))
    assert promised(last, "acetaminophen") == frozenset()


def test_a_dose_too_close_is_looked_at_and_found_to_be_too_much() -> None:
    story = paracetamol(0, 8, 16, 24, 24.5, 25)
    *_, before, last = stepped(check_named("cumulative-dose"), story)
    assert promised(before, "acetaminophen") == frozenset()
    assert [issue.check for issue in last.open_issues()] == ["cumulative-dose"]


def test_doses_that_come_closer_are_found_when_a_day_holds_one_too_many() -> None:
    """4 g are allowed in 24 hours: five doses fit into them from less than six hours apart."""
    story = paracetamol(0, 8, 16, 24, 29, 34, 39, 44)
    *_, before, last = stepped(check_named("cumulative-dose"), story)
    assert not before.open_issues()
    assert [issue.check for issue in last.open_issues()] == ["cumulative-dose"]


def test_doses_that_come_closer_are_foreseen_to_pass_the_limit_with_what_is_due() -> None:
    """Six doses of 650 mg have room in 24 hours, with the one that is due soon after them they have not."""
    story = paracetamol(0, 8, 16, 24.2, 28.5, 32.8, 37.1, 41.4, 45.7, amount="650 mg")
    *_, before, last = stepped(check_named("projected-dose"), story)
    assert not before.open_issues()
    assert [issue.check for issue in last.open_issues()] == ["projected-dose"]


def test_a_larger_dose_ends_a_promise() -> None:
    story = [*paracetamol(0, 8, 16), given_at(at(24), "3000 mg")]
    *_, before, last = stepped(check_named("cumulative-dose"), story)
    assert promised(before, "acetaminophen") and not promised(last, "acetaminophen")
    assert [issue.check for issue in last.open_issues()] == ["cumulative-dose"]


def baclofen(*hours: float, begun: int = 0, **stay: datetime) -> list[PatientFact]:
    """A stay, an order for a dose every eight hours from when it is `begun`, and doses at so many hours."""
    stated: list[PatientFact] = [
        encounter(at(begun - 1), **stay),
        order("baclofen", "10 mg", at(begun), every=timedelta(hours=8), entity="order-0"),
    ]
    return stated + [
        dose("baclofen", "10 mg", at(hour), order="order-0", entity=f"dose-{hour}") for hour in hours
    ]


@pytest.mark.parametrize("name", ["withdrawal", "not-assessed-record"])
def test_while_doses_come_as_they_are_due_none_is_missed(name: str) -> None:
    *_, last = stepped(check_named(name), baclofen(0, 8, 16))
    assert promised(last, "baclofen")
    later = order("baclofen", "10 mg", at(60), every=timedelta(hours=8), entity="later", received_at=at(1))
    *_, with_another = stepped(check_named(name), sorted([*baclofen(0, 8, 16), later], key=received))
    assert not promised(with_another, "baclofen")
    *_, to_be_discharged = stepped(check_named(name), baclofen(0, 8, 16, ends_at=at(30)))
    assert not promised(to_be_discharged, "baclofen")


@pytest.mark.parametrize("name", ["withdrawal", "not-assessed-record"])
def test_a_dose_charted_late_or_after_two_due_times_is_looked_at(name: str) -> None:
    late = dose("baclofen", "10 mg", at(24), order="order-0", recorded_at=at(26))
    *_, charted_late = stepped(check_named(name), [*baclofen(0, 8, 16), late])
    assert not promised(charted_late, "baclofen")
    *_, after_two = stepped(check_named(name), baclofen(0, 8, 16, 33.1))
    assert not promised(after_two, "baclofen")


@pytest.mark.parametrize("name", ["withdrawal", "not-assessed-record"])
def test_a_review_that_finds_none_missed_leaves_the_promise(name: str) -> None:
    judging = engine(knowledge=RULED, checks=(check_named(name),))
    *_, last = stepped(check_named(name), baclofen(*range(-8 * 24, 17, 8), begun=-8 * 24))
    assert last.next_review is not None and promised(last, "baclofen")
    looked_again = judging.step(last, tick(last.next_review)).state
    assert looked_again.next_review != last.next_review
    assert not looked_again.open_issues() and promised(looked_again, "baclofen")


def test_a_review_that_finds_what_is_missed_ends_the_promise() -> None:
    """Nobody hears of the doses that are due at 24 and 32 hours."""
    judging = engine(knowledge=RULED, checks=(check_named("not-assessed-record"),))
    *_, last = stepped(check_named("not-assessed-record"), baclofen(*range(-8 * 24, 17, 8), begun=-8 * 24))
    missed = judging.step(last, tick(at(33))).state
    assert missed.open_issues() and not promised(missed, "baclofen")


def test_a_review_ends_a_promise_that_time_alone_may_end() -> None:
    """The patient comes of age, and from then on another limit may hold."""
    child = person(18, at(0), born_at=at(30).replace(year=2008), source="ward")
    *_, last = stepped(check_named("cumulative-dose"), [child, *paracetamol(0, 8, 16, 24, amount="650 mg")])
    assert promised(last, "acetaminophen") and last.next_review is not None
    judging = engine(knowledge=RULED, checks=(check_named("cumulative-dose"),))
    assert not promised(judging.step(last, tick(last.next_review)).state, "acetaminophen")


def received(fact: PatientFact) -> datetime:
    return fact.received_at


def test_what_a_check_reads_ends_its_promise() -> None:
    check = check_named("cumulative-dose")
    weighed = observation("29463-7", "40 kg", at(20), received_at=at(20))
    *_, last = stepped(check, [*paracetamol(0, 8, 16), weighed])
    assert promised(last, "acetaminophen") == frozenset()
    ill = condition("icd10|K74.6", at(20), entity="cirrhosis", received_at=at(20))
    *_, last = stepped(check, [*paracetamol(0, 8, 16), ill])
    assert promised(last, "acetaminophen") == frozenset()
