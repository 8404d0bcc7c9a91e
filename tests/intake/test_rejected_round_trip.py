"""Round trip of what was not understood: rejected, seen at its patient, its reader mended, accepted, judged.

The door and the retry run here, the safety worker as a process of its own, on the embedded broker.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from schemas.issues import DETECTED_ISSUE_RECORD, DetectedIssue, NotAssessedReason, Transition
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.cli.feed import feed
from services.cli.rejected import rejected
from services.intake.fhir import administrations as fhir_doses
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.safety.core.leftover import leftover
from services.safety.processor.contract import Reject
from services.safety.processor.rejects import rejection
from tests.builders import at, dose
from tests.core.records import Plain
from tests.intake.writing import administration, amount
from tests.stack.running import SECRET, Stack, eventually

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
ADA = SiteKey(SECRET.encode()).patient_key("ada")
NO_REDIS = "redis://127.0.0.1:1"
BACLOFEN = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1292"}]}
BY_MOUTH = {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}


@pytest.fixture
def stack(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Stack]:
    made = Stack(embedded_broker.bootstrap, NO_REDIS, tmp_path)
    yield made
    made.close()


def swallowed(hour: int) -> dict[str, object]:
    """40 mg of baclofen; three of them within a day are above the daily limit of 80 mg."""
    return administration(
        id=f"dose-{hour}", effectiveDateTime=f"2026-03-02T{hour:02}:00:00Z",
        medicationCodeableConcept=BACLOFEN, dosage={"dose": amount(40, "mg"), "route": BY_MOUTH},
    )  # fmt: skip


def feeds(stack: Stack, *hours: int) -> None:
    path = stack.directory / "ward.ndjson"
    path.write_text("\n".join(json.dumps(swallowed(hour)) for hour in hours))
    done = CliRunner().invoke(feed, ["--format", "fhir", str(path)], env=stack.environment)
    assert done.exit_code == 0, done.output


def newest(stack: Stack) -> dict[str, DetectedIssue]:
    """The newest record of each of Ada's issues."""
    found: dict[str, DetectedIssue] = {}
    for message in stack.read(DETECTED_ISSUES.name):
        record = DETECTED_ISSUE_RECORD.validate_json(message.value())
        if isinstance(record, DetectedIssue) and record.patient == ADA:
            found[record.issue_id] = record
    return found


def marks(stack: Stack) -> list[DetectedIssue]:
    """What says of Ada that a statement about her could not be read."""
    unread = NotAssessedReason.UNREADABLE_FACT
    return [issue for issue in newest(stack).values() if issue.reason is unread]


def too_late(stack: Stack) -> list[DetectedIssue]:
    return [issue for issue in newest(stack).values() if issue.reason is NotAssessedReason.TOO_LATE]


def overdoses(stack: Stack) -> list[DetectedIssue]:
    return [issue for issue in newest(stack).values() if issue.check == "cumulative-dose" and issue.open]


def test_a_dose_that_was_not_understood_is_judged_once_its_reader_is_mended_and_its_mark_is_gone(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds(stack, 9, 11)
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        feeds(stack, 13)
    stack.start("safety")
    eventually(lambda: any(issue.open for issue in marks(stack)), "the patient is marked")
    assert overdoses(stack) == [], "80 mg within a day are allowed"

    done = CliRunner().invoke(rejected, ["retry", "--reason", "unknown-status"], env=stack.environment)
    assert done.exit_code == 0, done.output

    eventually(lambda: bool(overdoses(stack)), "the third dose is added up with the others")
    eventually(lambda: not any(issue.open for issue in marks(stack)), "the mark is gone")
    (mark,) = marks(stack)
    assert mark.transition in (Transition.RESOLVED, Transition.WITHDRAWN)


def test_a_dose_that_is_told_too_late_is_dismissed_by_somebody_who_looked(stack: Stack) -> None:
    late = swallowed(9) | {"meta": {"lastUpdated": "2026-03-10T09:00:01Z"}}
    path = stack.directory / "late.ndjson"
    path.write_text(json.dumps(late))
    done = CliRunner().invoke(feed, ["--format", "fhir", str(path)], env=stack.environment)
    assert done.exit_code == 0, done.output
    stack.start("safety")
    eventually(lambda: any(issue.open for issue in too_late(stack)), "the patient is marked")
    (entry,) = json.loads(CliRunner().invoke(rejected, ["list", "--json"], env=stack.environment).stdout)
    assert (entry["hop"], entry["reason"], entry["mark"]["patient"]) == ("safety", "too-late", ADA)
    done = CliRunner().invoke(
        rejected, ["dismiss", entry["id"], "--reason", "an old chart"], env=stack.environment
    )
    assert done.exit_code == 0, done.output
    eventually(lambda: not any(issue.open for issue in too_late(stack)), "the mark is gone")


def test_a_mark_that_somebody_dismisses_is_gone(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        feeds(stack, 9)
    stack.start("safety")
    eventually(lambda: any(issue.open for issue in marks(stack)), "the patient is marked")
    listed = CliRunner().invoke(rejected, ["list", "--json"], env=stack.environment)
    (entry,) = json.loads(listed.stdout)
    done = CliRunner().invoke(
        rejected, ["dismiss", entry["id"], "--reason", "charted on paper"], env=stack.environment
    )
    assert done.exit_code == 0, done.output
    eventually(lambda: not any(issue.open for issue in marks(stack)), "the mark is gone")


def test_what_a_fault_of_the_processor_refused_is_put_before_it_again(stack: Stack) -> None:
    """Its rejection and its mark are written as the processor writes them; the third dose makes 120 mg."""
    feeds(stack, 9, 11)
    third = dose("baclofen", "40 mg", at(5)).model_copy(
        update={"patient": ADA, "time_domain": TimeDomain.SIMULATED}
    )
    refused = Plain(third.model_dump_json().encode(), ADA.encode(), partition=0, offset=999)
    reject = Reject(refused, "step-failed", "RuntimeError")
    mark = leftover(reject, ADA, TimeDomain.SIMULATED, third.received_at)
    item = rejection(replace(reject, mark=mark))
    producer = Producer({"bootstrap.servers": stack.kafka})
    producer.produce(REJECTED_EVENTS.name, item.value, item.key)
    where = partition_of(ADA, stack.partitions)
    producer.produce(PATIENT_EVENTS.name, mark.model_dump_json().encode(), ADA.encode(), partition=where)
    assert producer.flush(30) == 0
    stack.start("safety")
    eventually(lambda: any(issue.open for issue in marks(stack)), "the patient is marked")
    assert overdoses(stack) == []

    done = CliRunner().invoke(rejected, ["retry", "--reason", "step-failed"], env=stack.environment)
    assert done.exit_code == 0, done.output

    eventually(lambda: bool(overdoses(stack)), "the third dose is added up with the others")
    eventually(lambda: not any(issue.open for issue in marks(stack)), "the mark is gone")
