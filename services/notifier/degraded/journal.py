"""The journal of direct pages, in Kafka: written before and after each sending, read by whoever goes on."""

import asyncio
import logging
from collections.abc import Collection, Iterator
from datetime import datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.page_journal import JournaledPage
from schemas.topics import PAGE_JOURNAL
from services.notifier.record.whole_topic import WholeTopic
from services.notifier.store.identifiers import tag_of_alert
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_WORD_WITHIN_S = 2.0
"""A producer that repeats by itself never says that Kafka is away; whoever is to be told does not wait."""


class PageJournal:
    """What was sent directly and the store does not know yet, of the partitions that were read."""

    def __init__(self, producer: AIOKafkaProducer, kafka: Where) -> None:
        self._producer = producer
        self._kafka = kafka
        self._pages: dict[str, JournaledPage] = {}

    async def read(self, partitions: Collection[int]) -> None:
        """Learn what stands in these partitions of `detected-issues`. Raises `CannotRead`."""
        await self._producer.partitions_for(PAGE_JOURNAL.name)
        found: dict[str, JournaledPage] = {}
        async with WholeTopic.opened(self._kafka, PAGE_JOURNAL.name) as topic:
            async for record in topic.records():
                delivery = (record.key or b"").decode(errors="replace")
                if record.value is None:
                    found.pop(delivery, None)
                    continue
                try:
                    page = JournaledPage.model_validate_json(record.value)
                    tag_of_alert(page.alert_id)
                except ValueError:
                    log.error("a record of %s cannot be read and is passed over", PAGE_JOURNAL.name)
                    continue
                if page.partition in partitions:
                    found[delivery] = page
        for delivery, page in self._pages.items():
            # What Kafka has not taken yet is known here alone.
            if page.partition not in partitions or delivery not in found or found[delivery].at < page.at:
                found[delivery] = page
        self._pages = found

    def known(self, delivery: str) -> JournaledPage | None:
        """What is known of a delivery."""
        return self._pages.get(delivery)

    def pages(self, partitions: Collection[int]) -> Iterator[JournaledPage]:
        """What the store does not know yet of these partitions."""
        yield from [page for page in self._pages.values() if page.partition in partitions]

    def ward_of(self, partition: int, offset: int) -> str:
        """Where whoever was told last because of a record was told that the patient is; empty if unknown."""
        called = [page for page in self.pages((partition,)) if page.offset == offset]
        return max(called, key=_at).ward if called else ""

    async def note(self, page: JournaledPage) -> None:
        """Keep a page, and wait for Kafka's word.

        Where Kafka gives none it is kept here: a page told twice is better than one told to nobody.
        """
        self._pages[page.delivery] = page
        await self._write(page.delivery, page.model_dump_json().encode())

    async def drop(self, *pages: JournaledPage) -> None:
        """The store knows of them, or they were not taken. Where Kafka gives no word a later process finds
        them, and that they are done.
        """
        for page in pages:
            self._pages.pop(page.delivery, None)
        await asyncio.gather(*(self._write(page.delivery, None) for page in pages))

    async def _write(self, delivery: str, value: bytes | None) -> None:
        try:
            async with asyncio.timeout(_WORD_WITHIN_S):
                await self._producer.send_and_wait(PAGE_JOURNAL.name, value=value, key=delivery.encode())
        except (KafkaError, TimeoutError) as error:
            log.error("%s was not written (%s)", PAGE_JOURNAL.name, type(error).__name__)


def _at(page: JournaledPage) -> datetime:
    return page.at
