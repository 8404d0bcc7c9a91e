"""Another knowledge version takes a partition over: by its activation, patient by patient, idle ones too."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from schemas.base import Mode, TimeDomain
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, Transition
from schemas.stream_events import ClockTick, KnowledgeActivated
from services.safety.core import LedgerCore
from services.safety.engine.state import PatientState
from services.safety.knowledge.models import LimitKind
from services.safety.processor.contract import Step
from services.safety.processor.refusal import KnowledgeRequired
from tests.brief_knowledge import KNOWLEDGE, LIMITS, knowledge, limit
from tests.builders import PATIENT, at, dose
from tests.core.records import Changelog, batch, live_core, record
from tests.engine.histories import stories
from tests.engine.ward import SITE

STRICTER = knowledge(
    limits=LIMITS | {"baclofen": (limit("baclofen", LimitKind.DAILY, "60 mg"),)}, version="2-stricter"
)
SEVENTY = [dose("baclofen", "17.5 mg", at(hour)) for hour in (0, 4, 8, 12)]
OLD, NEW = KNOWLEDGE.version, STRICTER.version


def both() -> LedgerCore:
    return LedgerCore(
        KNOWLEDGE, SITE, time_domain=TimeDomain.LIVE, now=lambda: at(days=30), following=STRICTER
    )


def activated(version: str = NEW, *, shadow: bool = False) -> KnowledgeActivated:
    return KnowledgeActivated(event_id="k", knowledge_version=version, shadow=shadow, received_at=at(0))


def tick(when: datetime) -> ClockTick:
    return ClockTick(event_id="t", patient=PATIENT, received_at=when)


def told(step: Step[PatientState]) -> list[DetectedIssue]:
    return [DetectedIssue.model_validate_json(emit.value or b"") for emit in step.emitted]


def test_a_patient_is_judged_by_the_new_limits_from_the_activation_on_and_not_before() -> None:
    core = both()
    state, _, before = batch(core, None, SEVENTY)
    assert before == []
    assert core.step(0, state, tick(at(13))).emitted == ()
    assert core.note(0, activated())
    assert core.outdated(0, state)
    after = core.step(0, state, tick(at(13)))
    (issue,) = told(after)
    assert (issue.check, issue.transition, issue.knowledge_version) == (
        "cumulative-dose", Transition.RAISED, NEW,
    )  # fmt: skip
    assert NEW in issue.because
    assert not core.outdated(0, after.state)
    assert core.step(0, after.state, tick(at(13))).state is after.state


def test_the_other_partitions_go_on_under_the_version_before() -> None:
    core = both()
    core.note(0, activated())
    assert (core.version(0), core.version(1)) == (NEW, OLD)
    state = None
    for event in SEVENTY:
        state = core.step(1, state, event).state
    assert state is not None
    assert state.knowledge == OLD
    assert state.open_issues() == ()


def test_new_limits_do_not_speak_of_what_would_have_held_days_ago() -> None:
    core = both()
    state, _, _ = batch(core, None, SEVENTY)
    core.note(0, activated())
    after = core.step(0, state, tick(at(days=9)))
    assert told(after) == []
    assert not core.outdated(0, after.state)


def test_what_holds_no_longer_under_the_new_version_ends_with_its_name_and_does_not_count_as_corrected() -> (
    None
):
    core = LedgerCore(STRICTER, SITE, time_domain=TimeDomain.LIVE, now=lambda: at(30), following=KNOWLEDGE)
    state, _, _ = batch(core, None, SEVENTY)
    assert [issue.check for issue in state.open_issues()] == ["cumulative-dose"]
    core.note(0, activated(OLD))
    (issue,) = told(core.step(0, state, tick(at(13))))
    assert (issue.transition, issue.open, issue.knowledge_version) == (Transition.RESOLVED, False, OLD)


def test_a_patient_about_whom_nothing_changed_is_written_once_all_the_same() -> None:
    core = both()
    state, changed, _ = batch(core, None, SEVENTY[:1])
    log = Changelog()
    log.write(core, state, changed, 0, None)
    core.note(0, activated())
    step = core.step(0, state, tick(at(1)))
    assert (step.emitted, step.state is state) == ((), False)
    log.write(core, step.state, list(step.changed), 1, None)
    restored = log.restored(core)
    assert restored is not None
    assert not core.outdated(0, restored)


def test_a_restart_with_the_new_version_alone_tells_the_same_as_a_worker_that_had_both() -> None:
    core, log = both(), Changelog()
    state, changed, _ = batch(core, None, SEVENTY)
    log.write(core, state, changed, len(SEVENTY), None)
    core.note(0, activated())
    alone = live_core(STRICTER)
    restored = log.restored(alone)
    assert restored is not None
    assert alone.outdated(0, restored)
    assert told(alone.step(0, restored, tick(at(13)))) == told(core.step(0, state, tick(at(13))))


def test_the_version_of_a_partition_is_remembered_and_a_worker_without_it_is_refused() -> None:
    core = both()
    core.note(0, activated())
    again = both()
    again.recall(0, core.memory(0))
    assert again.version(0) == NEW
    with pytest.raises(KnowledgeRequired, match=f"{NEW}.*has {OLD}"):
        live_core().recall(0, core.memory(0))


def test_a_partition_that_was_never_told_of_a_version_remembers_the_one_that_judged_it() -> None:
    core = live_core()
    core.recall(0, None)
    with pytest.raises(KnowledgeRequired):
        live_core(STRICTER).recall(0, core.memory(0))


def test_activations_of_versions_that_are_gone_are_passed_over_only_on_the_way_to_one_that_is_here() -> None:
    core = live_core(STRICTER)
    with pytest.raises(KnowledgeRequired):
        core.note(0, activated("1-gone"))
    assert not core.expect(0, "3-unknown")
    assert core.expect(0, NEW)
    assert core.note(0, activated("1-gone"))
    assert core.note(0, activated(NEW))
    with pytest.raises(KnowledgeRequired):
        core.note(0, activated("1-gone"))


def test_only_a_real_activation_puts_a_version_in_force() -> None:
    core = both()
    written = activated().model_dump_json().encode()
    tried = activated(shadow=True).model_dump_json().encode()
    plain = record(SEVENTY[0])
    found = [core.activation(type(plain)(value)) for value in (written, tried, plain.value, None, b"{")]
    assert found == [NEW, None, None, None, None]
    core.note(0, activated(shadow=True))
    assert core.version(0) == OLD


def test_a_comparison_counts_what_would_be_told_and_is_remembered_until_it_is_answered() -> None:
    core = both()
    state, _, _ = batch(core, None, SEVENTY)
    core.note(0, activated(shadow=True))
    again = both()
    again.recall(0, core.memory(0))
    trial = again.trial(0)
    assert trial is not None
    assert (trial.version, trial.here) == (NEW, True)
    assert list(again.compare(trial, state, at(13))) == ["cumulative-dose raised"]
    assert list(again.compare(trial, batch(both(), None, SEVENTY[:1])[0], at(13))) == []
    again.compared(0, trial)
    assert again.trial(0) is None
    alone = live_core()
    alone.note(0, activated(shadow=True))
    missing = alone.trial(0)
    assert missing is not None
    assert not missing.here


@given(stories(mode=Mode.LIVE))
@settings(max_examples=60)
def test_after_the_change_exactly_that_is_open_which_the_new_version_finds_by_itself(
    story: list[PatientFact],
) -> None:
    core = both()
    state, _, _ = batch(core, None, story)
    core.note(0, activated())
    later = state.now + timedelta(minutes=5)
    changed = core.step(0, state, tick(later)).state
    alone, _, _ = batch(live_core(STRICTER), None, story)
    expected = live_core(STRICTER).step(0, alone, tick(later)).state
    assert {issue.issue_id for issue in changed.open_issues()} == {
        issue.issue_id for issue in expected.open_issues()
    }
