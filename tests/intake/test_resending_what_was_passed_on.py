"""What the processor told itself and then rejected, put before it again by the command, through Kafka.

Baclofen: more than 80 mg within 24 h is too much. Five doses of 20 mg, of two records that are one, or the
fifth charted for somebody else.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from schemas.clinical import PatientFact
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.cli.rejected import rejected
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.safety.processor.contract import Reject
from services.safety.processor.rejects import rejection
from services.stream.records import Record
from tests.builders import at, corrected, dose, merge, visit_move
from tests.core.records import Plain, live_core
from tests.engine.hospital import NEW, OLD, of
from tests.engine.ward import SITE
from tests.intake.test_publisher import records_of

pytestmark = pytest.mark.embedded
KEY = {"DOSEWARDEN_SITE_KEY": SITE.secret.decode()}
Refusing = Callable[[Record], bool]


class Ledgers:
    """Every ledger and register of a site. The first record that `refused` says is rejected, by our fault."""

    def __init__(self, refused: Refusing) -> None:
        self.core = live_core()
        self.states: dict[bytes, object] = {}
        self.rejects: list[Reject] = []
        self._refused = refused

    def take(self, records: Iterable[Record]) -> None:
        waiting = deque(records)
        while waiting:
            record = waiting.popleft()
            key = record.key or b""
            if not self.rejects and self._refused(record):
                reject = Reject(record, "step-failed", "RuntimeError")
                step = self.core.rejected(self.states.get(key), reject)
                self.rejects.append(Reject(record, "step-failed", "RuntimeError", step and step.mark))
            else:
                step = self.core.step(0, self.states.get(key), self.core.decode(record))
            if step is None:
                continue
            self.states[key] = step.state
            told = (each for each in step.emitted if each.role == "events")
            waiting.extend(Plain(each.value, each.key, offset=7) for each in told)

    def checks(self, patient: str) -> list[str]:
        """The checks that have something to say about a patient, or the reasons why they have not."""
        state = self.states.get(patient.encode())
        return sorted(each.reason or each.check for each in state.open_issues()) if state is not None else []


def records(*facts: PatientFact) -> list[Record]:
    return [Plain(fact.model_dump_json().encode(), fact.patient.encode()) for fact in facts]


async def retried(broker: EmbeddedBroker, ledgers: Ledgers) -> list[str]:
    """What becomes of the rejection when the command retries it; the ledgers take what it sends."""
    (reject,) = ledgers.rejects
    item = rejection(reject)
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(REJECTED_EVENTS.name, item.value, key=item.key, partition=0)
    finally:
        await producer.stop()
    asked = ["retry", "--reason", "step-failed", "--kafka", broker.bootstrap, "--json"]
    done = await asyncio.to_thread(CliRunner().invoke, rejected, asked, env=KEY)
    for partition, sent in (await records_of(broker, PATIENT_EVENTS.name)).items():
        assert {partition_of(each.key.decode(), 4) for each in sent} == {partition}
        ledgers.take(sent)
    return [one["result"] for one in json.loads(done.stdout)]


DOSES = [dose("baclofen", "20 mg", at(hour)) for hour in (0, 2, 4, 6)]
FIFTH = dose("baclofen", "20 mg", at(8), entity="MedicationAdministration/5", visit="Encounter/1")
NUMBERED = corrected(FIFTH, at(8), unique_in_source=True)
MERGED = [*(of(NEW, each) for each in DOSES), of(OLD, FIFTH), of(OLD, merge(NEW, at(9)))]
MOVED = [*MERGED[:-1], of(OLD, visit_move("Encounter/1", NEW, at(9)))]


def copied(kind: str) -> Refusing:
    """What was passed on of one kind."""
    return lambda record: (
        b'"merged_from":"old-record"' in (record.value or b"") and kind.encode() in (record.value or b"")
    )


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        (MERGED, copied('"administration"')),
        (MERGED, copied('"merge"')),
        (MOVED, copied('"administration"')),
        (MOVED, copied('"visit-move"')),
    ],
    ids=["a-dose-of-a-merged-record", "a-merge", "a-dose-of-a-visit", "the-move-of-a-visit"],
)
async def test_what_was_passed_on_and_rejected_counts_once_it_is_retried(
    facts: list[PatientFact], refused: Refusing, embedded_broker: EmbeddedBroker
) -> None:
    ledgers = Ledgers(refused)
    ledgers.take(records(*facts))
    assert "cumulative-dose" not in ledgers.checks(NEW)
    assert "unreadable-fact" in ledgers.checks(NEW)
    assert await retried(embedded_broker, ledgers) == ["accepted"]
    assert "cumulative-dose" in ledgers.checks(NEW)
    assert "unreadable-fact" not in ledgers.checks(NEW)


@pytest.mark.parametrize("kind", ["recharted", "entity-claim"])
async def test_that_a_dose_is_another_patients_counts_once_it_is_retried(
    kind: str, embedded_broker: EmbeddedBroker
) -> None:
    before = [of(OLD, each) for each in DOSES]
    again = of(NEW, corrected(NUMBERED, at(9)))
    ledgers = Ledgers(lambda record: f'"kind":"{kind}"'.encode() in (record.value or b""))
    ledgers.take(records(*before, of(OLD, NUMBERED), again))
    assert "cumulative-dose" in ledgers.checks(OLD)
    assert await retried(embedded_broker, ledgers) == ["accepted"]
    assert "cumulative-dose" not in ledgers.checks(OLD)
    assert "unreadable-fact" not in ledgers.checks(OLD)
