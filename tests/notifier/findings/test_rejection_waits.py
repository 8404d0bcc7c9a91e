"""A rejection that Kafka does not take keeps its own partition waiting, says so, and keeps no other one."""

from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from schemas.alerts import AlertState
from schemas.issues import DetectedIssue
from schemas.topics import REJECTED_EVENTS, partition_of
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier import app
from services.notifier.leaving import leave
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.watching.kafka_watch import ANSWER_LIMIT_MS
from services.notifier.watching.rejection import Rejecter
from tests.notifier.broker import Engine, read_topic
from tests.notifier.builders import finding
from tests.notifier.desk import PARTITION, PARTITIONS, Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.findings.test_silent_kafka import silent
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
ELSEWHERE = next(p for p in map(str, range(99)) if partition_of(p, PARTITIONS) not in (0, PARTITION))
WAITS = alert_id(SYSTEM_PATIENT, f"technical-rejection-waits:detected-issues:{PARTITION}")


@pytest_asyncio.fixture
async def dead_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EmbeddedBroker]:
    """A Kafka for rejections only: that of the findings answers while this one does not."""
    broker = EmbeddedBroker(tmp_path / "dead-letters.log")
    broker.start()
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=ANSWER_LIMIT_MS,
    )
    await producer.start()
    # Its metadata are known, as after the first rejection.
    await producer.partitions_for(REJECTED_EVENTS.name)
    monkeypatch.setattr(app, "Rejecter", lambda _, *more: Rejecter(producer, *more))
    yield broker
    await leave(producer, "writing")
    broker.stop()


def of_another_partition(name: str) -> DetectedIssue:
    return finding(patient=ELSEWHERE, issue_id=name)


async def hears(pager: Pager, alert: str) -> None:
    while alert not in pager.alerts:
        await pager.until(len(pager.received) + 1)


async def test_findings_of_other_partitions_are_told_while_one_waits_for_its_rejection(
    settings: Settings, desk: Desk, pager: Pager, dead_letters: EmbeddedBroker
) -> None:
    url: Any = await pager.start()
    async with Engine(settings.kafka) as engine, on_duty(settings, url, StringIO()):
        await engine.says(finding(issue_id="before"))
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED, "before")
        with silent(dead_letters):
            await engine.writes(b"no json", PARTITION)
            await engine.says(finding())
            for name in ("first", "second"):
                await engine.says(of_another_partition(name))
                await hears(pager, alert_id(ELSEWHERE, name))
            await hears(pager, WAITS)
            assert not any(page.content["alert"].endswith(finding().issue_id) for page in pager.received)
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
        waited = await desk.reader.exactly(WAITS)
    assert waited.state is AlertState.RESOLVED
    assert len(await read_topic(dead_letters.bootstrap, REJECTED_EVENTS.name, 1)) == 1
