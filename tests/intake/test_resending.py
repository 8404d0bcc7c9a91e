"""What the safety processor rejected is put before it again, and its patient shows what becomes of that."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.clinical import Administration, PatientFact, UnreadableFact
from schemas.rejections import RejectedEvent
from services.intake.rejected.closing import dismissal
from services.intake.rejected.retrying import Result, Retried, Terms, retried
from services.intake.rejected.topic import Entry
from services.safety.engine.state import PatientState
from services.safety.processor.contract import Reject
from services.safety.processor.rejects import rejection
from tests.builders import at, dose, medication
from tests.core.records import live_core, record
from tests.engine.ward import SITE

NOW = at(0) + timedelta(days=30)
DOSE = dose("baclofen", "20 mg", at(8))
COPY = DOSE.model_copy(update={"merged_from": "old-record", "entity": f"merged:old-record:{DOSE.entity}"})
CORE = live_core()


def refused(fact: PatientFact, reason: str = "step-failed", offset: int = 7) -> tuple[PatientState, Entry]:
    """The patient with the mark that the rejection left, and the rejection."""
    reject = Reject(replace(record(fact), offset=offset), reason, "RuntimeError")
    step = CORE.rejected(None, reject)
    assert step is not None
    assert isinstance(step.state, PatientState)
    item = rejection(replace(reject, mark=step.mark))
    return step.state, Entry(0, offset, NOW, RejectedEvent.model_validate_json(item.value or b""))


def again(entry: Entry) -> Retried:
    return retried(entry, Terms(SITE, lambda: NOW))


def marks(state: PatientState) -> list[str]:
    return [issue.reason or "" for issue in state.open_issues() if issue.reason == "unreadable-fact"]


def after(state: PatientState, *facts: PatientFact) -> PatientState:
    for fact in facts:
        step = CORE.step(0, state, fact)
        assert isinstance(step.state, PatientState)
        state = step.state
    return state


@pytest.mark.parametrize("fact", [DOSE, COPY], ids=["a-dose", "a-dose-that-a-merged-record-passed-on"])
def test_a_statement_that_a_fault_of_ours_refused_counts_and_its_mark_ends(fact: Administration) -> None:
    state, entry = refused(fact)
    assert marks(state) == ["unreadable-fact"]
    found = again(entry)
    assert found.result is Result.ACCEPTED
    assert found.statement is not None
    assert entry.rejected.mark is not None
    state = after(state, found.statement, dismissal(entry.rejected.mark, NOW))
    assert state.ledger.facts[fact.entity].recorded_at == fact.recorded_at
    assert marks(state) == []


def test_refused_again_it_marks_its_patient_anew() -> None:
    state, entry = refused(DOSE)
    found = again(entry)
    assert found.statement is not None
    assert entry.rejected.mark is not None
    step = CORE.rejected(state, Reject(record(found.statement, offset=8), "step-failed", "RuntimeError"))
    assert step is not None
    assert isinstance(step.state, PatientState)
    assert isinstance(step.mark, UnreadableFact)
    assert marks(after(step.state, dismissal(entry.rejected.mark, NOW))) == ["unreadable-fact"]


def test_what_the_ledger_has_already_is_not_changed_by_it() -> None:
    state = after(refused(DOSE)[0], DOSE)
    found = again(refused(DOSE)[1])
    assert found.statement is not None
    assert after(state, found.statement).ledger.facts[DOSE.entity] == DOSE


@pytest.mark.parametrize(
    "reason", ["too-late", "wrong-key", "wrong-partition", "key-mismatch", "wrong-time-domain"]
)
def test_what_would_be_in_vain_is_not_tried(reason: str) -> None:
    found = again(refused(DOSE, reason)[1])
    assert (found.result, found.statement) == (Result.NOT_RETRIED, None)
    assert found.detail


def test_what_is_still_no_statement_stays_rejected() -> None:
    _, entry = refused(DOSE.model_copy(update={"medication": medication("baclofen"), "source": ""}))
    found = again(entry)
    assert (found.result, found.reason, found.statement) == (Result.REJECTED, "wrong-schema", None)
