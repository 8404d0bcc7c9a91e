"""A patient who is moved: what may page and holds is told again, once, with the new ward."""

from datetime import datetime

import pytest

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, Transition
from schemas.stream_events import ClockTick
from services.safety.checks.doses.cumulative_dose import CumulativeDose
from tests.builders import at, dose, encounter, observation
from tests.engine.ward import engine, told

CHECKS = (CumulativeDose(),)
NEUROLOGY = encounter(at(0), ward="Neurology 2")
SURGERY = encounter(at(10), ward="Surgery 1", entity="second", received_at=at(10))
TOO_MUCH: list[PatientFact] = [NEUROLOGY, *(dose("baclofen", "40 mg", at(hour)) for hour in (1, 2, 3))]


def tick(when: datetime) -> ClockTick:
    """Time alone comes to the patient."""
    return ClockTick(event_id=f"tick-{when:%d%H%M}", patient=NEUROLOGY.patient, received_at=when)


def since(*later: PatientFact | ClockTick, before: list[PatientFact] = TOO_MUCH) -> list[DetectedIssue]:
    """What is told of a patient with a finding after these."""
    judge = engine(CHECKS)
    state, _ = told(judge, before)
    return told(judge, later, state)[1]


def test_a_move_by_itself_tells_the_finding_again_with_the_new_ward() -> None:
    judge = engine(CHECKS)
    state, issues = told(judge, TOO_MUCH)
    state, (again,) = told(judge, [SURGERY], state)
    assert issues[-1].ward == "Neurology 2"
    assert again == issues[-1].model_copy(
        update={"ward": "Surgery 1", "transition": Transition.REPUBLISHED, "at": at(10)}
    )
    assert [issue.ward for issue in state.open_issues()] == ["Surgery 1"]
    assert (
        told(judge, [encounter(at(11), ward="Surgery 1", entity="third", received_at=at(11))], state)[1] == []
    )


def test_who_is_discharged_or_leaves_no_ward_behind_stays_with_those_who_were_told() -> None:
    over = encounter(
        at(0), ward="Neurology 2", ends_at=at(10), version=1, recorded_at=at(10), received_at=at(10)
    )
    assert since(over) == []


def test_a_finding_that_changes_after_the_move_says_its_ward_by_itself() -> None:
    again, worse = since(SURGERY, dose("baclofen", "400 mg", at(12)))
    assert (again.transition, worse.transition) == (Transition.REPUBLISHED, Transition.WORSENED)
    assert (again.ward, worse.ward, worse.revision) == ("Surgery 1", "Surgery 1", again.revision + 1)


def test_a_move_that_was_known_beforehand_is_told_with_the_first_fact_after_it() -> None:
    known = encounter(at(10), ward="Surgery 1", entity="second", received_at=at(4))
    assert since(known) == []
    (again,) = since(known, observation("2823-3", "4 mmol/L", at(11)))
    assert (again.ward, again.transition) == ("Surgery 1", Transition.REPUBLISHED)


@pytest.mark.parametrize("late_h", [0, 6])
def test_a_move_that_was_known_beforehand_is_told_at_its_time_and_not_before(late_h: int) -> None:
    judge = engine(CHECKS)
    known = encounter(at(10), ward="Surgery 1", entity="second", received_at=at(4))
    state, _ = told(judge, [*TOO_MUCH, known])
    assert state.next_review is not None
    assert state.next_review <= at(10)
    early = [tick(at(h)) for h in (5, 7, 9, 9.99)]
    state, issues = told(judge, early, state)
    assert {issue.ward for issue in issues} <= {"Neurology 2"}
    assert state.next_review == at(10)
    state, (again,) = told(judge, [tick(at(10 + late_h))], state)
    assert (again.ward, again.transition, again.at) == ("Surgery 1", Transition.REPUBLISHED, at(10))
    assert told(judge, [tick(at(10 + late_h))], state)[1] == []


def test_of_two_moves_that_were_known_beforehand_each_is_told_at_its_time() -> None:
    surgery = encounter(at(10), ward="Surgery 1", entity="second", received_at=at(4), ends_at=at(13))
    icu = encounter(at(12), ward="ICU", entity="third", received_at=at(4))
    moves = since(surgery, icu, tick(at(14)))
    assert [(issue.ward, issue.at) for issue in moves] == [("Surgery 1", at(10)), ("ICU", at(12))]


def test_a_ward_that_begins_wakes_nobody_where_no_finding_is_open() -> None:
    known = encounter(at(10), ward="Surgery 1", entity="second", received_at=at(4))
    assert told(engine(CHECKS), [NEUROLOGY, known])[0].next_review is None


def test_what_is_closed_or_of_history_is_not_told_again() -> None:
    history = [fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in TOO_MUCH]
    assert since(SURGERY.model_copy(update={"mode": Mode.BACKFILL}), before=history) == []
    assert since(before=[NEUROLOGY]) == since(SURGERY, before=[NEUROLOGY]) == []


def test_what_goes_live_says_the_ward_where_the_patient_is_by_then() -> None:
    history = [fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in TOO_MUCH]
    moved = SURGERY.model_copy(update={"mode": Mode.BACKFILL})
    issues = since(moved, observation("2823-3", "4 mmol/L", at(11)), before=history)
    assert [(issue.mode, issue.ward) for issue in issues] == [(Mode.LIVE, "Surgery 1")]


def test_a_move_that_goes_live_is_told_with_the_new_ward_at_once() -> None:
    history = [fact.model_copy(update={"mode": Mode.BACKFILL}) for fact in TOO_MUCH]
    assert {issue.ward for issue in since(SURGERY, before=history)} == {"Surgery 1"}
