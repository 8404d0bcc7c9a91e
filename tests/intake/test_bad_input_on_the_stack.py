"""Bad input through the running services: feed and safety as processes of their own, on a real Kafka."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.identity import SiteKey
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue, NotAssessedReason
from schemas.rejections import RejectedEvent
from schemas.topics import DETECTED_ISSUES, REJECTED_EVENTS
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from tests.intake.test_bad_input import FIVE_MB, TABLE
from tests.intake.test_events import dose
from tests.stack.running import SECRET, Stack, eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PARTITIONS = 4
WITHIN_S = 90.0
ADA, BEN = (SiteKey(SECRET.encode()).patient_key(name) for name in ("ada", "ben"))
NO_REDIS = "redis://127.0.0.1:1"
"""Neither the door nor the safety worker needs one."""


@pytest.fixture
def stack(own_kafka: RealKafka, tmp_path: Path) -> Iterator[Stack]:
    ensure_topics(own_kafka.bootstrap, PARTITIONS)
    made = Stack(own_kafka.bootstrap, NO_REDIS, tmp_path, PARTITIONS)
    yield made
    made.close()


def open_issues(stack: Stack) -> list[DetectedIssue]:
    """The newest record of each issue that holds."""
    newest: dict[str, DetectedIssue] = {}
    for message in stack.read(DETECTED_ISSUES.name):
        record = DETECTED_ISSUE_RECORD.validate_json(message.value())
        if isinstance(record, DetectedIssue):
            newest[record.issue_id] = record
    return [issue for issue in newest.values() if issue.open]


def unreadable(issues: list[DetectedIssue], patient: str) -> set[str]:
    """The reasons for which statements about a patient could not be read, as the patient's page says them."""
    texts = [
        issue.text
        for issue in issues
        if issue.patient == patient and issue.reason is NotAssessedReason.UNREADABLE_FACT
    ]
    return {found[1] for text in texts if (found := re.search(r"could not be read: ([a-z-]+)", text))}


def swallowed(hour: int, patient: str, value: str, unit: str) -> dict[str, object]:
    """Baclofen by mouth; 40 mg three times within a day are above the daily limit."""
    when = f"2026-03-02T{hour:02}:00:00Z"
    return dose(
        event_id=f"{patient}-{hour}", entity=f"dose/{patient}-{hour}", patient=patient, route="oral",
        medication={"text": "baclofen", "codings": [{"system": "rxnorm", "code": "1292"}]},
        dose={"value": value, "unit": unit}, effective_at=when, recorded_at=when, received_at=when,
    )  # fmt: skip


def test_each_kind_shows_not_assessed_at_its_patient_and_what_comes_after_is_judged(stack: Stack) -> None:
    bad = [(line, reason, marked) for name, _, line, reason, marked in TABLE if name.startswith("events-")]
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line, _, _ in bad]
    odd = swallowed(8, "ben", "2", "spoonful")
    after = [swallowed(hour, name, "40", "mg") for hour in (9, 11, 13) for name in ("ada", "ben")]
    path = stack.directory / "in.jsonl"
    path.write_bytes(b"\n".join([*lines, json.dumps(odd).encode(), *(json.dumps(i).encode() for i in after)]))
    assert path.stat().st_size > FIVE_MB

    stack.run("feed", "--format", "events", str(path))
    stack.start("safety")

    def judged() -> bool:
        found = {(issue.patient, issue.check) for issue in open_issues(stack)}
        return {(ADA, "cumulative-dose"), (BEN, "cumulative-dose")} <= found

    eventually(judged, "the doses after the bad input are judged", WITHIN_S)
    issues = open_issues(stack)
    assert unreadable(issues, ADA) == {reason for _, reason, marked in bad if marked}
    assert unreadable(issues, BEN) == set()
    assert NotAssessedReason.UNKNOWN_UNIT in {issue.reason for issue in issues if issue.patient == BEN}
    rejects = [RejectedEvent.model_validate_json(one.value()) for one in stack.read(REJECTED_EVENTS.name)]
    assert sorted((item.origin.line, item.reason) for item in rejects) == [
        (number, reason) for number, (_, reason, _) in enumerate(bad, 1)
    ]
    assert {item.hop for item in rejects} == {"intake"}
    listed = json.loads(stack.run("rejected", "list", "--json"))
    assert {item["reason"] for item in listed} == {reason for _, reason, _ in bad}
    assert len(listed) == len(bad)
    assert all(process.poll() is None for process in stack.started)
