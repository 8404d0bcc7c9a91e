"""Real intensive-care stays through the running stack, killed and joined mid-stream, against one process.

Nothing may be lost, nothing told twice, and what stands in Kafka and in Redis at the end is what the same
facts come to without any of it. Run with -rP to see the figures.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import AlertHistoryEntry
from schemas.identity import SiteKey
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue, Transition
from schemas.topics import ALERT_HISTORY, DETECTED_ISSUES, PATIENT_EVENTS
from services.launcher.servers.local_store import LocalStore, redis_binary
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import alert_id
from services.notifier.store.reading import AlertReader
from services.safety.replaying import transition_line
from tests.conftest import missing
from tests.stack.ledgers import ledgers
from tests.stack.mimic import DIRECTORY, events, needs_tables
from tests.stack.oracle import Oracle
from tests.stack.running import SECRET, Stack, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.mimic, pytest.mark.slow]
PARTITIONS = 4
SITE = SiteKey(SECRET.encode())
JUDGED = {"raised", "worsened", "returned", "eased", "resolved", "withdrawn"}


@pytest.fixture
def stack(own_kafka: RealKafka, tmp_path: Path) -> Iterator[Stack]:
    """A broker, a Redis and no service yet."""
    needs_tables()
    binary = redis_binary()
    if binary is None:
        missing("no redis server on this machine")
    assert binary is not None
    store = LocalStore(binary, tmp_path / "redis")
    store.start()
    ensure_topics(own_kafka.bootstrap, PARTITIONS)
    made = Stack(own_kafka.bootstrap, store.url, tmp_path, PARTITIONS)
    yield made
    made.close()
    store.stop()


def transitions(stack: Stack) -> list[DetectedIssue]:
    """Every transition on `detected-issues`, repetitions and all."""
    read = [DETECTED_ISSUE_RECORD.validate_json(one.value()) for one in stack.read(DETECTED_ISSUES.name)]
    return [
        issue
        for issue in read
        if isinstance(issue, DetectedIssue) and issue.transition is not Transition.REPUBLISHED
    ]


def in_redis(stack: Stack) -> dict[str, tuple[int, int, bool]]:
    """Episode, revision and whether it is open, by alert."""

    async def work() -> dict[str, tuple[int, int, bool]]:
        connection = Connection(stack.redis, patience_s=10)
        try:
            found = await AlertReader(connection).alerts(closed=True)
            return {
                alert.id: (alert.episode, alert.revision, alert.live)
                for alert in sorted(found, key=lambda alert: alert.episode)
                if alert.check != "technical"
            }
        finally:
            await connection.close()

    return asyncio.run(work())


def replay(stack: Stack) -> list[dict[str, Any]]:
    """The transitions of `dosewarden replay` in source order, under the site's ids."""
    lines = stack.run("replay", "--format", "mimic3", str(DIRECTORY), "--transitions").splitlines()
    return [json.loads(line) for line in lines]


def until_last_event(told: list[DetectedIssue]) -> list[dict[str, Any]]:
    """The same of the stream, each once, without what came of time alone after a patient's last event."""
    end: dict[str, datetime] = {}
    for fact in events():
        end[fact.patient] = max(end.get(fact.patient, fact.received_at), fact.received_at)
    owners = {SITE.patient_key(patient): patient for patient in end}
    once: dict[str, DetectedIssue] = {}
    for issue in told:
        once.setdefault(issue.transition_id, issue)
    return [
        transition_line(issue) | {"patient": owners[issue.patient]}
        for issue in once.values()
        if issue.at <= end[owners[issue.patient]]
    ]


def by_patient(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The lines of each patient in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["patient"], []).append(line)
    return found


def disturbed(stack: Stack, records: int) -> None:
    """Three kills mid-stream, and a second worker that joins and leaves."""

    def until(share: float) -> None:
        eventually(lambda: stack.handled() >= share * records, f"{share:.0%} handled")

    first = stack.start("safety")
    until(0.1)
    first.send_signal(signal.SIGKILL)
    second = stack.start("safety")
    until(0.25)
    joined = stack.start("safety")
    until(0.4)
    second.send_signal(signal.SIGKILL)
    until(0.55)
    third = stack.start("safety")
    until(0.65)
    joined.send_signal(signal.SIGTERM)
    assert joined.wait(60) == 0
    until(0.8)
    third.send_signal(signal.SIGKILL)
    stack.start("safety")


def test_kills_and_a_joining_and_leaving_worker_change_nothing(stack: Stack) -> None:
    oracle = Oracle(SITE, PARTITIONS).judge(events())
    expected = {issue.transition_id for issue in oracle.told}
    stack.run("feed", "--format", "mimic3", str(DIRECTORY), "--kafka", stack.kafka)
    records = len(stack.read(PATIENT_EVENTS.name))
    stack.start("notifier")
    disturbed(stack, records)
    eventually(lambda: stack.handled() >= records, "everything handled")
    eventually(lambda: expected <= {i.transition_id for i in transitions(stack)}, "every transition told")
    final = {
        alert_id(issue.patient, issue.issue_id): (issue.episode, issue.revision, issue.open)
        for issue in oracle.last().values()
    }
    eventually(lambda: in_redis(stack) == final, "the store stands where the oracle stands")
    stack.close()
    told = transitions(stack)
    assert {issue.transition_id for issue in told} == expected
    history = {
        (entry.alert_id, entry.sequence): entry
        for entry in (
            AlertHistoryEntry.model_validate_json(m.value()) for m in stack.read(ALERT_HISTORY.name)
        )
        if entry.event in JUDGED and entry.alert_id in final
    }
    repeated = Counter((entry.transition_id, entry.event) for entry in history.values())
    assert {transition for transition, _ in repeated} == expected
    assert set(repeated.values()) == {1}
    assert ledgers(stack, SITE) == {
        patient: dict(state.ledger.facts) for patient, state in oracle.states.items()
    }
    replayed, streamed = by_patient(replay(stack)), by_patient(until_last_event(told))
    assert streamed == replayed
    again = len(told) - len(expected)
    offline = sum(map(len, replayed.values()))
    sys.stdout.write(
        f"{records} records, {len(expected)} transitions, {offline} of them by the last event of "
        f"their patient and as offline, {again} told again\n"
    )
