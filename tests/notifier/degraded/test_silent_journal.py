"""Kafka says nothing while the journal of direct pages is to be written: nobody waits for it."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from schemas.alerts import AlertState
from schemas.page_journal import DirectOutcome, JournaledPage
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.merging import Merge
from services.notifier.leaving import leave
from services.notifier.watching.kafka_watch import ANSWER_LIMIT_MS
from tests.notifier.builders import finding
from tests.notifier.desk import ALERT, Desk
from tests.notifier.findings.test_silent_kafka import silent

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


def page(delivery: str) -> JournaledPage:
    target = delivery.rpartition(":")[2]
    return JournaledPage(
        delivery=delivery, alert_id=ALERT, episode=1, revision=1, step="0", target=target, partition=0,
        offset=7, outcome=DirectOutcome.SENT, at=datetime.now(UTC),
    )  # fmt: skip


def producing(broker: EmbeddedBroker) -> AIOKafkaProducer:
    """As the notifier has it: one that repeats by itself."""
    return AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=ANSWER_LIMIT_MS,
    )


async def test_the_store_learns_who_was_told_and_reading_goes_on(
    desk: Desk, embedded_broker: EmbeddedBroker
) -> None:
    producer = producing(embedded_broker)
    await producer.start()
    journal = PageJournal(producer, embedded_broker.bootstrap)
    merge = Merge(desk.store.connection, journal)
    await desk.hear(finding(), 7)
    for order in await desk.orders():
        await journal.note(page(order.delivery))
    await merge.claim({0}, {})
    with silent(embedded_broker):
        async with asyncio.timeout(30):
            await merge.settle(0, 7)
        assert (await desk.alert()).state is AlertState.NOTIFIED
        assert list(journal.pages({0})) == []
        await leave(producer, "writing")


async def test_what_kafka_has_not_taken_is_known_when_the_journal_is_read(
    embedded_broker: EmbeddedBroker,
) -> None:
    told = page(f"{ALERT}:1:1:0:desk/terminal")
    producer = producing(embedded_broker)
    await producer.start()
    journal = PageJournal(producer, embedded_broker.bootstrap)
    # The topic is there; the producer takes nothing any more.
    await journal.read({0})
    await producer.stop()
    await journal.note(told)
    await journal.read({0})
    assert list(journal.pages({0})) == [told]
