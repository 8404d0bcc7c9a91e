"""What the core makes of single records, good and bad."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.base import Mode, TimeDomain
from schemas.issues import DetectedIssue
from schemas.rejections import RejectedEvent
from schemas.stream_events import ClockTick, KnowledgeActivated, SourceHeartbeat, SourceSeen
from services.safety.core import LedgerCore
from services.safety.core.decoding import LARGEST
from services.safety.processor.contract import Reject, Undecodable
from services.safety.processor.refusal import KnowledgeRequired
from services.safety.processor.rejects import rejection
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import PATIENT, at, corrected, dose, merge
from tests.core.records import Plain, live_core, record
from tests.engine.ward import SITE

CORE = live_core()
GOOD = json.loads(dose().model_dump_json())


def written(**changes: Any) -> Plain:
    """A good record with something else in it."""
    return Plain(json.dumps(GOOD | changes).encode())


BAD = {
    "empty": Plain(None),
    "too-large": Plain(b" " * (LARGEST + 1)),
    "not-json": Plain(b'{"kind": "order", Miller'),
    "wrong-schema": written(Miller="born 1950", outcome="Miller"),
    "wrong-time-domain": written(time_domain="simulated"),
    "wrong-key": written(patient="somebody else"),
    "too-late": record(corrected(dose(when=at(0)), at(days=8))),
}


@pytest.mark.parametrize("reason", BAD)
def test_what_cannot_be_read_is_refused_with_its_reason_and_without_quoting_it(reason: str) -> None:
    with pytest.raises(Undecodable) as refused:
        CORE.decode(BAD[reason])
    assert refused.value.reason == reason
    assert "Miller" not in str(refused.value)


def test_history_that_is_loaded_as_such_is_never_too_late() -> None:
    late = corrected(dose(when=at(0)), at(days=300))
    with pytest.raises(Undecodable):
        CORE.decode(record(late))
    history = late.model_copy(update={"mode": Mode.BACKFILL})
    assert CORE.decode(record(history)) == history


@pytest.mark.parametrize("reason", BAD)
def test_what_was_refused_shows_on_its_patient_until_it_is_stated_readably(reason: str) -> None:
    step = CORE.rejected(None, Reject(BAD[reason], reason, ""))
    assert step is not None
    issues = [DetectedIssue.model_validate_json(emit.value or b"") for emit in step.emitted]
    assert [issue.check for issue in issues] == ["not-assessed"]
    assert all("Miller" not in (emit.value or b"").decode() for emit in step.emitted)
    about = next(iter(step.state.ledger.unreadable.values())).about
    assert (about == GOOD["entity"]) is (reason not in ("empty", "too-large", "not-json"))
    assert step.mark == next(iter(step.state.ledger.unreadable.values()))
    told = rejection(Reject(BAD[reason], reason, "", step.mark)).value
    assert told is not None
    assert RejectedEvent.model_validate_json(told).mark == step.mark


def test_a_readable_statement_recorded_later_ends_what_was_refused() -> None:
    late = BAD["too-late"]
    step = CORE.rejected(None, Reject(late, "too-late", ""))
    assert step is not None
    repaired = corrected(dose(when=at(0)), at(days=9), effective_at=at(days=9))
    after = CORE.step(0, step.state, repaired)
    assert [DetectedIssue.model_validate_json(e.value or b"").open for e in after.emitted] == [False]


def test_what_is_refused_of_a_merged_record_shows_on_its_survivor() -> None:
    merged = CORE.step(0, None, merge("survivor"))
    step = CORE.rejected(merged.state, Reject(BAD["not-json"], "not-json", ""))
    assert step is not None
    [passed_on] = [emit for emit in step.emitted if emit.role == "events"]
    survivor = CORE.decode(Plain(passed_on.value, key=passed_on.key))
    known = next(CORE.decode(Plain(e.value, key=e.key)) for e in merged.emitted if e.role == "events")
    state = CORE.step(1, CORE.step(1, None, known).state, survivor).state
    assert [issue.reason for issue in state.open_issues()] == ["unreadable-fact"]
    assert state.patient == "survivor"


def test_a_record_without_a_key_leaves_nothing_with_anybody() -> None:
    assert CORE.rejected(None, Reject(Plain(b"?", key=None), "not-json", "")) is None


def test_time_and_sources_of_a_partition_are_remembered_and_carried_by_ticks() -> None:
    core = LedgerCore(KNOWLEDGE, SITE, time_domain=TimeDomain.SIMULATED)
    told = {"time_domain": TimeDomain.SIMULATED}
    assert core.watermark(3) is None
    assert core.note(3, SourceHeartbeat(event_id="b", source="pump", received_at=at(2), **told))  # type: ignore[arg-type]
    assert not core.note(3, dose(when=at(1), **told))
    assert core.watermark(3) == at(2)
    again = LedgerCore(KNOWLEDGE, SITE, time_domain=TimeDomain.SIMULATED)
    again.recall(3, core.memory(3))
    key, value = again.tick(3, PATIENT.encode(), at(1), at(2))
    assert key == PATIENT.encode()
    assert again.tick(3, PATIENT.encode(), at(1), at(2)) == (key, value)
    tick = ClockTick.model_validate_json(value)
    assert tick.sources == (SourceSeen(source="pump", at=at(2)),), (
        "another patient's fact proves nothing here"
    )
    again.forget(3)
    assert again.watermark(3) is None


def test_a_knowledge_version_that_this_worker_does_not_have_stops_it() -> None:
    asked = {"event_id": "k", "shadow": False, "received_at": at(0)}
    assert CORE.note(0, KnowledgeActivated(knowledge_version=KNOWLEDGE.version, **asked))  # type: ignore[arg-type]
    with pytest.raises(KnowledgeRequired):
        CORE.note(0, KnowledgeActivated(knowledge_version="2-other", **asked))  # type: ignore[arg-type]


def test_a_live_core_watches_the_wall_clock() -> None:
    assert CORE.watermark(0) == at(0) + timedelta(days=30)
    with pytest.raises(ValueError, match="clock"):
        LedgerCore(KNOWLEDGE, SITE, time_domain=TimeDomain.LIVE)
