"""Records merged across partitions by real workers: whatever dies, they end as a single process does."""

import signal
from itertools import count

import pytest

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue
from schemas.stream_events import SourceHeartbeat
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from tests.builders import at, dose, merge, voided
from tests.engine.hospital import Hospital, of
from tests.processor.ward import Ward
from tests.stream.workers import PATIENCE_S, Worker

pytestmark = pytest.mark.slow
SECRET = "a secret for tests only"
PAIRS = [(f"old-{number}", f"new-{number}") for number in range(6)]
MERGES = [of(old, merge(new, at(9))) for old, new in PAIRS]
BEFORE = [
    *(of(old, dose("baclofen", "20 mg", at(hour))) for hour in (0, 2) for old, _ in PAIRS),
    *(of(new, dose("baclofen", "20 mg", at(hour))) for hour in (4, 6, 8) for _, new in PAIRS),
]
AFTERWARDS = [
    of("new-0", merge("new-1", at(10))),
    of("old-5", merge("new-4", at(10), entity="another statement")),
    of("old-2", voided(MERGES[2], at(10))),
    of("new-3", merge("old-3", at(10))),
    *(of(old, dose("baclofen", "20 mg", at(11))) for old, _ in PAIRS),
]


def put(ward: Ward, facts: list[PatientFact]) -> None:
    for fact in facts:
        told = fact.model_copy(update={"time_domain": TimeDomain.SIMULATED})
        ward.put(fact.patient, told.model_dump_json().encode())
    ward.flush()


def stands(issues: list[DetectedIssue]) -> dict[str, tuple[object, ...]]:
    """The last word on each issue. Its evidence is that of when it was told, so it depends on the order."""
    found: dict[str, tuple[object, ...]] = {}
    for issue in issues:
        ended = "" if issue.open else issue.transition.value
        found[issue.issue_id] = (issue.patient, issue.check, issue.reason, ended, issue.moved_to)
    return found


def one_process(facts: list[PatientFact]) -> dict[str, tuple[object, ...]]:
    hospital = Hospital(Engine(load(), SiteKey(SECRET.encode()), time_domain=TimeDomain.SIMULATED))
    hospital.take(*facts)
    return stands(hospital.told)


def told(ward: Ward) -> dict[str, tuple[object, ...]]:
    """What the workers said last of each issue; the partitions are read in order."""
    records = (DETECTED_ISSUE_RECORD.validate_json(message.value()) for message in ward.read(ward.issues))
    return stands([record for record in records if isinstance(record, DetectedIssue)])


def share(ward: Ward, workers: list[Worker]) -> None:
    """Wait until each of some workers has work of its own; heartbeats of a source keep them busy."""
    beats = count()
    waiting = list(workers)

    def each_has_handled() -> bool:
        for partition in range(ward.partitions):
            beat = SourceHeartbeat(
                event_id=f"beat-{next(beats)}",
                source="ward",
                received_at=at(-1),
                time_domain=TimeDomain.SIMULATED,
            )
            ward.put("ward", beat.model_dump_json().encode(), partition=partition)
        ward.flush()
        waiting[:] = [worker for worker in waiting if not worker.handles_within(1, 0.5)]
        return not waiting

    ward.eventually(each_has_handled, PATIENCE_S)


def killed_while_forwarding(
    ward: Ward, before: list[PatientFact], then: list[PatientFact], fault: str, *, workers: int
) -> None:
    """A worker dies with some of `then` forwarded and some not; others take over and finish it."""
    first = ward.worker(core="medical")
    put(ward, before)
    ward.until_done()
    first.end()
    dying = ward.worker(core="medical", fault=f"when-forwarding:{fault}")
    put(ward, then)
    if fault == "torn":
        assert dying.wait() == 9
    else:
        dying.until(lambda words: "standing" in words)
        dying.end(signal.SIGKILL)
    share(ward, [ward.worker(core="medical") for _ in range(workers)])
    ward.until_done()


def killed_while_passing_on(ward: Ward, fault: str, *, workers: int) -> None:
    killed_while_forwarding(ward, BEFORE, MERGES, fault, workers=workers)
    put(ward, AFTERWARDS)
    ward.until_done()
    expected = one_process([*BEFORE, *MERGES, *AFTERWARDS])
    assert {what[3] for what in expected.values()} >= {"", "moved", "withdrawn"}
    assert told(ward) == expected
    passed_on = [m for m in ward.read(ward.events) if b'"merged_from":"' in m.value()]
    assert {m.partition() for m in passed_on} != {ward.home(PAIRS[0][0])}, "some went to other partitions"
    assert ward.read(ward.rejects) == []


@pytest.mark.embedded
def test_a_worker_killed_while_it_passes_on_what_was_merged(embedded_ward: Ward) -> None:
    """The stand-in's group takes one worker at a time reliably; two are tried on Kafka."""
    killed_while_passing_on(embedded_ward, "told-and-not-written", workers=1)


@pytest.mark.kafka
@pytest.mark.parametrize("fault", ["told-and-not-written", "torn"])
def test_a_worker_killed_while_it_passes_on_and_its_partitions_shared_by_two(ward: Ward, fault: str) -> None:
    killed_while_passing_on(ward, fault, workers=2)
