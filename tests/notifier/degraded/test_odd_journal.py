"""What stands in the journal and is of no alert does not keep the store from being taken up again."""

from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from schemas.page_journal import DirectOutcome, JournaledPage
from schemas.topics import PAGE_JOURNAL
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.merging import Merge
from services.notifier.store.identifiers import alert_id
from tests.notifier.builders import PATIENT
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


def page(alert: str) -> JournaledPage:
    return JournaledPage(
        delivery=f"{alert}:1:1:0:desk/terminal", alert_id=alert, episode=1, revision=1, step="0",
        target="desk/terminal", partition=0, offset=7, outcome=DirectOutcome.SENT, at=datetime.now(UTC),
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
