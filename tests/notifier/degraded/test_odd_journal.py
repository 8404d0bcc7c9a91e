"""What stands in the journal and is of no alert does not keep the store from being taken up again."""

from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from schemas.alerts import AlertState
from schemas.page_journal import DirectOutcome, JournaledPage
from schemas.topics import PAGE_JOURNAL
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.merging import Merge
from services.notifier.store.identifiers import alert_id, key, tag_of
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


def page(alert: str, channel: str = "terminal") -> JournaledPage:
    target = f"desk/{channel}"
    return JournaledPage(
        delivery=f"{alert}:1:1:0:{target}", alert_id=alert, episode=1, revision=1, step="0",
        target=target, partition=0, offset=7, outcome=DirectOutcome.SENT, at=datetime.now(UTC),
    )  # fmt: skip


async def test_a_page_of_no_alert_is_passed_over_and_the_others_are_claimed(
    desk: Desk, embedded_broker: EmbeddedBroker
) -> None:
    good = page(alert_id(PATIENT, "during"))
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        for each in (page("nonsense"), good):
            value = each.model_dump_json().encode()
            await producer.send_and_wait(PAGE_JOURNAL.name, value, key=each.delivery.encode())
        journal = PageJournal(producer, embedded_broker.bootstrap)
        await Merge(desk.store.connection, journal).claim({0}, {})
    assert list(journal.pages({0})) == [good]


async def test_a_page_about_a_damaged_alert_stays_in_the_journal_until_that_is_whole_again(
    desk: Desk, embedded_broker: EmbeddedBroker
) -> None:
    damaged, other = page(alert_id(PATIENT, "damaged")), page(alert_id(PATIENT, "other"))
    name, client = key(tag_of(PATIENT), "a", damaged.alert_id, "1"), desk.store.connection.client
    for issue_id in ("damaged", "other"):
        await desk.hear(finding(issue_id=issue_id))
    async with AIOKafkaProducer(bootstrap_servers=embedded_broker.bootstrap) as producer:
        journal = PageJournal(producer, embedded_broker.bootstrap)
        for each in (damaged, other):
            await journal.note(each)
        level = await client.hget(name, "level")
        await client.hset(name, "level", "many")
        merge = Merge(desk.store.connection, journal)
        await merge.claim({0}, {0: 7})
        assert list(journal.pages({0})) == [damaged]
        assert (await desk.alert("other")).state is AlertState.NOTIFIED
        await client.hset(name, "level", level)
        await merge.settle(0, 8)
    assert list(journal.pages({0})) == []
    assert (await desk.alert("damaged")).state is AlertState.NOTIFIED
