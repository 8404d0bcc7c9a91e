"""Partitions of another notifier come while the store is away: all is placed anew then."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import DETECTED_ISSUES
from services.launcher.servers.local_store import LocalStore
from services.notifier.channels.address_book import Desk
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.outage import Outage
from services.notifier.degraded.paging import DirectPages
from services.notifier.settings import Settings
from services.notifier.stopping import Stop
from tests.notifier.broker import Engine
from tests.notifier.builders import DESK_POLICY, TIERS
from tests.notifier.degraded.test_direct_pages import contraindicated, desk_of, outlasting
from tests.notifier.degraded.test_eased_meanwhile import Busy
from tests.notifier.desk import PARTITION

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
__all__ = ["outlasting"]


async def test_an_outage_is_left_to_place_what_came_and_the_store_is_still_away(
    outlasting: Settings, own_store: LocalStore
) -> None:
    desk, kafka = await desk_of(own_store), outlasting.kafka
    place = TopicPartition(DETECTED_ISSUES.name, PARTITION)
    own_store.kill()
    pager = Busy()
    pager.free = True
    async with (
        Engine(kafka) as engine,
        AIOKafkaProducer(bootstrap_servers=kafka) as producer,
        AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer,
    ):
        await engine.says(contraindicated("during"))
        journal = PageJournal(producer, kafka)
        channels = {"terminal": pager, "webhook": pager}
        pages = DirectPages(journal, channels, Desk(), TIERS, DESK_POLICY, "")
        consumer.assign([place])
        outage = Outage(desk.store, journal, pages, kafka)
        async with asyncio.timeout(60):
            await outage.serve(consumer, {place: 0}, lambda: bool(pager.told), Stop())
    assert {message.tier for message in pager.told} == {1}
    await desk.store.connection.close()
