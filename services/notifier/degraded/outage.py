"""Reading on while the store is away: bounded, nothing committed, the loudest findings told directly."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from schemas.issues import DetectedIssue
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.known_before import known_before
from services.notifier.degraded.merging import Merge
from services.notifier.degraded.paging import DirectPages
from services.notifier.record.whole_topic import CannotRead
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM, key
from services.stream.records import Record
from services.transit.kafka import Where

log = logging.getLogger(__name__)
_MOST_READ_AHEAD = 100_000
_POLL_MS = 500
_ANSWERS_WITHIN_S = 2.0
_PROBE_MS = 10_000
_JOURNAL_WITHIN_S = 10.0
"""Kafka may be away as well: then a page told twice is better than one told to nobody."""


class Outage:
    """What is done between the loss of the store and its return."""

    def __init__(self, store: AlertStore, journal: PageJournal, pages: DirectPages, kafka: Where) -> None:
        self._store = store
        self._kafka = kafka
        self._journal = journal
        self._pages = pages
        self._untold: dict[tuple[int, int], str] = {}
        self.merge = Merge(store.connection, journal)

    def placed(self, issue: DetectedIssue, record: Record) -> DetectedIssue:
        """A finding that called while the store was away, on the ward whose people were told then, or are
        responsible by now: where the patient was before, nobody is told of it any more.
        """
        place = (record.partition, record.offset)
        ward = self._journal.ward_of(*place) or self._untold.get(place)
        return issue.model_copy(update={"ward": ward}) if ward else issue

    async def serve(
        self,
        consumer: AIOKafkaConsumer,
        starts: Mapping[TopicPartition, int],
        assigned_anew: Callable[[], bool],
        stop: Stop,
        unsure: Collection[TopicPartition] = (),
    ) -> None:
        """Read from `starts` and page until the store answers, partitions are assigned anew, or `stop`; other
        partitions are left alone.

        Of those that are `unsure` the start may lie behind what the store knew and told.

        The caller places its partitions anew afterwards: nothing that was read here counts as read.
        """
        log.error("the store is away: the loudest findings are told directly, and nothing else is")
        await self._learn({place.partition for place in starts})
        if unsure:
            self._pages.doubt({place.partition for place in unsure}, self._lost_at())
            self._pages.know(await known_before(self._kafka))
        if any(place.partition == 0 for place in starts):
            await self._pages.say_that_the_store_is_away(self._store.present())
        for place, offset in starts.items():
            if place in consumer.assignment():
                consumer.seek(place, offset)
        read = 0
        while not stop and not assigned_anew() and not await _takes_writes(self._store.connection):
            if read < _MOST_READ_AHEAD:
                batch = await stop.or_else(consumer.getmany(timeout_ms=_POLL_MS)) or {}
            else:
                batch = {}
                await stop.sleep(_POLL_MS / 1000)
            for place, records in batch.items():
                for record in records if place in starts else ():
                    self._pages.take(record, self._store.present())
                    read += 1
            if self._pages.doubtful:
                self._pages.know(await known_before(self._kafka))
            await self._pages.send(self._store.present())
        self._untold = self._pages.wards()
        self._pages.forget()
        log.warning(
            "the store is back, partitions were assigned anew, or we end: %d records were read without it",
            read,
        )

    def _lost_at(self) -> datetime:
        """When the store was last known to be there, or we began to ask for it."""
        since, now = self._store.connection.lost_since, asyncio.get_running_loop().time()
        return self._store.present() - timedelta(seconds=0.0 if since is None else now - since)

    async def _learn(self, partitions: Collection[int]) -> None:
        """What another process paged is not paged again, if Kafka tells."""
        try:
            async with asyncio.timeout(_JOURNAL_WITHIN_S):
                await self._journal.read(partitions)
        except (CannotRead, KafkaError, TimeoutError) as error:
            log.error("what was paged directly before is not known (%s)", type(error).__name__)


async def _takes_writes(connection: Connection) -> bool:
    """Whether the store is there. One that is full or read-only answers, and is of no use."""
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            await connection.client.set(key(SYSTEM, "probe"), "1", px=_PROBE_MS)
    except (RedisError, OSError, TimeoutError):
        return False
    return True
