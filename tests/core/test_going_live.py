"""A first load goes live by a command: what still holds is told again as live, once, of every patient."""

import pytest

from schemas.base import Mode, TimeDomain
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, Transition
from schemas.stream_events import ClockTick, HistoryEnded
from services.safety.core import LedgerCore
from services.safety.engine.state import PatientState
from services.safety.processor.contract import Step
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import PATIENT, at, dose
from tests.core.records import batch, live_core
from tests.engine.ward import SITE

LOADED = at(20)
"""When the history was received, all of it."""


def history(*hours: float, received: float = 20) -> list[PatientFact]:
    """Doses of 30 mg baclofen at these hours, loaded as history."""
    return [
        dose("baclofen", "30 mg", at(hour), entity=f"at {hour}", mode=Mode.BACKFILL, received_at=at(received))
        for hour in hours
    ]


def ended(hour: float = 21) -> HistoryEnded:
    return HistoryEnded(event_id="end", received_at=at(hour))


def next_tick(core: LedgerCore, hour: float) -> ClockTick:
    _, value = core.tick(0, PATIENT.encode(), at(hour), at(hour))
    return ClockTick.model_validate_json(value)


def told(step: Step[PatientState]) -> list[tuple[str, Transition, Mode]]:
    issues = [DetectedIssue.model_validate_json(emit.value or b"") for emit in step.emitted]
    return [
        (issue.check, issue.transition, issue.mode) for issue in issues if issue.check == "cumulative-dose"
    ]


def test_what_still_holds_is_told_again_as_live_and_once() -> None:
    core = live_core()
    state, _, _ = batch(core, None, history(8, 12, 18))
    assert {issue.mode for issue in state.open_issues()} == {Mode.BACKFILL}
    assert not core.outdated(0, state)
    assert core.note(0, ended())
    assert core.outdated(0, state)
    after = core.step(0, state, next_tick(core, 22))
    assert told(after) == [("cumulative-dose", Transition.REPUBLISHED, Mode.LIVE)]
    assert not core.outdated(0, after.state)
    assert core.step(0, after.state, next_tick(core, 22)).emitted == ()


def test_of_what_has_passed_by_then_nothing_is_told_as_live() -> None:
    core = live_core()
    state, _, _ = batch(core, None, history(8, 12, 18))
    core.note(0, ended(60))
    after = core.step(0, state, next_tick(core, 60))
    assert told(after) == [("cumulative-dose", Transition.RESOLVED, Mode.BACKFILL)]
    assert not core.outdated(0, after.state)


@pytest.mark.parametrize(("received", "goes"), [(21, True), (21.001, False)])
def test_history_that_was_received_up_to_the_command_goes_live_and_none_later(
    received: float, *, goes: bool
) -> None:
    core = live_core()
    core.note(0, ended(21))
    state, _, _ = batch(core, None, history(8, 12, 18, received=received))
    assert core.outdated(0, state) is goes
    assert bool(told(core.step(0, state, next_tick(core, 22)))) is goes


def test_a_patient_with_a_live_fact_is_live_already() -> None:
    core = live_core()
    state, _, _ = batch(core, None, [*history(8, 12, 18), dose("baclofen", "5 mg", at(20.5), entity="live")])
    core.note(0, ended())
    assert not core.outdated(0, state)


def test_a_tick_from_before_the_command_does_not_keep_the_patient_from_going_live() -> None:
    core = live_core()
    state, _, _ = batch(core, None, history(8, 12, 18))
    late = next_tick(core, 23)
    core.note(0, ended())
    state = core.step(0, state, late).state
    assert core.outdated(0, state)
    assert told(core.step(0, state, next_tick(core, 24))) != []


def test_another_owner_goes_on_where_the_last_one_was() -> None:
    core = live_core()
    state, _, _ = batch(core, None, history(8, 12, 18))
    core.note(0, ended())
    other = LedgerCore(KNOWLEDGE, SITE, time_domain=TimeDomain.LIVE, now=lambda: at(30))
    other.recall(0, core.memory(0))
    assert other.standing(0) == core.standing(0)
    assert other.outdated(0, state)
    assert other.standing(1) != core.standing(0)


def test_the_command_written_twice_changes_nothing() -> None:
    core = live_core()
    core.note(0, ended(21))
    before = core.standing(0)
    core.note(0, ended(21))
    core.note(0, ended(20))
    assert core.standing(0) == before
