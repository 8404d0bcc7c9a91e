"""Whatever stands in a finding: no log of the process, metric, crash or label of a dead letter has it."""

import asyncio
import logging
import os
import sys
from io import StringIO

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import generate_latest

from schemas.alerts import AlertState
from schemas.base import Severity
from schemas.issues import Transition
from schemas.rejections import RejectedEvent
from schemas.topics import REJECTED_EVENTS, partition_of
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
CANARIES = ("Canary", "MRN-", "born-1961", "bed-12", "baclofen", "95 mg", "sleepy")
PATIENT = "MRN-4711-Jane-Canary-born-1961"
SECRET = finding(
    patient=PATIENT,
    text="baclofen 95 mg for Jane Canary in bed-12",
    because="sleepy, says Jim Canary",
    cause_event="MRN-4711/dose-3",
    subjects=("baclofen",),
    implicated=("MRN-4711/dose-2",),
    evidence={"sum": "95 mg", "note": "sleepy in bed-12"},
    severity=Severity.CONTRAINDICATED,
)
UNREADABLE = b'{"text": "baclofen 95 mg for Jane Canary", "patient": "MRN-4711'
WRONG = SECRET.model_dump_json().replace('"open":true', '"open":"Jane Canary"').encode()


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


async def rejections(bootstrap: str, count: int) -> list[tuple[bytes, str, RejectedEvent]]:
    """Key, headers and content of what was rejected."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(REJECTED_EVENTS.name, partition) for partition in range(4)])
        await consumer.seek_to_beginning()
        found: list[tuple[bytes, str, RejectedEvent]] = []
        async with asyncio.timeout(60):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [
                        (r.key, repr(r.headers), RejectedEvent.model_validate_json(r.value)) for r in records
                    ]
        return found
    finally:
        await consumer.stop()


async def test_logs_metrics_and_the_labels_of_dead_letters_hold_nothing_of_a_patient(
    settings: Settings, desk: Desk, pager: Pager, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiokafka").setLevel(logging.WARNING)  # as the notifier does: it would log all it reads
    partition = partition_of(PATIENT, 4)
    illegal = SECRET.model_copy(update={"transition": Transition.EASED, "episode": 7, "revision": 3})
    async with (
        Engine(settings.kafka) as engine,
        on_duty(settings, await pager.start(), StringIO()) as notifier,
    ):
        await engine.says(SECRET)
        await engine.writes(UNREADABLE, partition)
        await engine.writes(WRONG, partition)
        await engine.says(illegal)
        await engine.says(SECRET.model_copy(update={"transition": Transition.WORSENED, "revision": 2}))
        rejected = await rejections(settings.kafka, 2)
        async with asyncio.timeout(60):
            while (await desk.reader.exactly(alert_id(PATIENT, SECRET.issue_id))).state is AlertState.OPEN:
                await pager.until(len(pager.received) + 1)
        metrics = generate_latest(notifier.counters.registry).decode()
    assert "dosewarden_alert_events_total" in metrics
    assert found_in(metrics) == []
    assert found_in(caplog.text) == []
    for key, headers, event in rejected:
        assert found_in(f"{key!r} {headers} {event.reason} {event.detail} {event.origin}") == []


async def test_a_crash_with_a_record_in_its_hands_says_nothing_of_the_patient(
    settings: Settings, pager: Pager
) -> None:
    environment = {
        "DOSEWARDEN_KAFKA": str(settings.kafka),
        "DOSEWARDEN_REDIS": str(settings.redis),
        "DOSEWARDEN_TERMINAL_JSON": "1",
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONFAULTHANDLER": "1",
    }
    async with Engine(settings.kafka) as engine:
        await engine.says(SECRET)
        crashing = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.notifier.failing_notifier",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        async with asyncio.timeout(60):
            said = (await crashing.communicate())[0].decode()
    assert "RuntimeError: a fault of its own" in said
    assert found_in(said) == []
