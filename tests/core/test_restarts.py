"""A restart at any point, even in the middle of a write, tells the same and ends the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import Mode
from schemas.clinical import FactStatus, PatientFact
from schemas.issues import DetectedIssue
from services.safety.engine.state import PatientState
from services.safety.ledger.forwarding import sent
from services.safety.processor.contract import Emit
from tests.builders import PATIENT, at, merge
from tests.core.records import Changelog, batch, live_core
from tests.engine.histories import numbered, stories
from tests.engine.hospital import of

CORE = live_core()


def batches(story: list[PatientFact], sizes: list[int]) -> list[list[tuple[int, PatientFact]]]:
    """The story in batches of at most these sizes, in which no entity is stated twice."""
    found: list[list[tuple[int, PatientFact]]] = [[]]
    for place, event in enumerate(story):
        full = len(found[-1]) >= sizes[len(found) % len(sizes)]
        if full or any(event.entity == other.entity for _, other in found[-1]):
            found.append([])
        found[-1].append((place, event))
    return found


def ids(emitted: list[Emit]) -> set[tuple[str, str]]:
    """Transition ids, with what each says."""
    values = [emit.value or b"" for emit in emitted if emit.role == "issues"]
    issues = list(map(DetectedIssue.model_validate_json, values))
    return {(issue.transition_id, issue.model_dump_json()) for issue in issues}


def passed_on(emitted: list[Emit]) -> set[tuple[bytes, bytes | None]]:
    """What goes to other records."""
    return {(emit.key, emit.value) for emit in emitted if emit.role == "events"}


@st.composite
def merged_stories(draw: st.DrawFn) -> list[PatientFact]:
    """A story of a record that is merged, and into which another one is merged, now and then taken back."""
    found: list[PatientFact] = []
    for fact in draw(stories(most=12)):
        found.append(sent(of("another-record", fact), PATIENT) if draw(st.booleans()) else fact)
    for place in range(draw(st.integers(1, 4))):
        status = draw(st.sampled_from((FactStatus.STATED, FactStatus.ENTERED_IN_ERROR)))
        when = at(draw(st.integers(0, 60)))
        joined = merge(draw(st.sampled_from(("b", "c"))), when, entity=f"merge-{place % 2}", status=status)
        other = merge(PATIENT, when, patient="another-record", entity=f"merge-{place % 2}", status=status)
        found.append(draw(st.sampled_from((joined, sent(other, PATIENT)))))
    return numbered(found)


@given(
    st.one_of(stories(), merged_stories()),
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=12),
)
@settings(max_examples=150)
def test_any_crash_tells_the_same_transitions_and_ends_with_the_same_issues(
    story: list[PatientFact], sizes: list[int], cuts: list[int | None]
) -> None:
    expected_state, _, expected = batch(CORE, None, story)
    log, emitted, state = Changelog(), [], None
    crashes = iter(cuts)
    waiting = batches(story, sizes)
    while waiting:
        todo = [event for place, event in waiting[0] if place > log.applied]
        state, changed, told = batch(CORE, state, todo)
        emitted += told
        cut = next(crashes, None)
        log.write(CORE, state, changed, waiting[0][-1][0], cut)
        if log.applied >= waiting[0][-1][0]:
            waiting.pop(0)
        if cut is not None:
            state = log.restored(CORE)
    assert ids(emitted) == ids(expected)
    assert passed_on(emitted) == passed_on(expected)
    assert final(state) == final(expected_state)


def final(state: PatientState | None) -> object:
    """All that a patient's state says, but for what is made again at need."""
    assert state is not None
    closed = sorted((k, i.episode, i.revision) for k, i in state.issues.items() if i.told is None)
    pages = sorted((k, i.last_page) for k, i in state.issues.items() if i.told is not None)
    return state.ledger, state.now, state.alive, state.mode, state.step, state.open_issues(), closed, pages


@given(stories(mode=Mode.LIVE))
@settings(max_examples=40)
def test_a_state_that_was_written_whole_comes_back_as_it_was(story: list[PatientFact]) -> None:
    state, changed, _ = batch(CORE, None, story)
    log = Changelog()
    log.write(CORE, state, changed, len(story), None)
    restored = log.restored(CORE)
    assert final(restored) == final(state)
    assert restored is not None
    assert restored.stated == state.stated
    assert [e.key for e in CORE.open_set(b"", restored)] == [e.key for e in CORE.open_set(b"", state)]
