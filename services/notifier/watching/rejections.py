"""Counts rejections by reason and door: single ones are for whoever looks, many at once call somebody.

What is counted is read from `rejected-events`, whoever wrote it, so nothing is lost with a process that dies.
"""

import asyncio
import logging
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from schemas.base import Mode
from schemas.rejections import REJECTED_RECORD, RejectedEvent
from schemas.topics import REJECTED_EVENTS
from services.notifier.leaving import leave
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.reading import AlertReader
from services.notifier.watching.rejection_counts import Cause, Counts
from services.notifier.watching.technical import CHECK, TechnicalAlerts
from services.transit.kafka import Where, aiokafka_client

log = logging.getLogger(__name__)
NAME = "rejected"
_PREFIX = alert_id(SYSTEM_PATIENT, f"{CHECK}-{NAME}:")
_TAIL = 5_000
"""Records of each partition that are read at the start, to know what came before."""
_POLL_MS = 1_000
_WAIT_S = 5.0
_LONGEST_WAIT_S = 30.0


class RejectionWatch:
    """Raises one technical alert for each cause with more than the limit within the window. It ends when no
    more than half of the limit are left there, so that a count at the limit does not call again and again.
    """

    def __init__(
        self,
        kafka: Where,
        store: AlertStore,
        reader: AlertReader,
        technical: TechnicalAlerts,
        counts: Counts,
        window_s: float,
    ) -> None:
        self._kafka = kafka
        self._store = store
        self._reader = reader
        self._technical = technical
        self._counts = counts
        self._window_s = window_s
        self._told: set[Cause] | None = None

    async def run(self, stop: Stop) -> None:
        """Read and look until `stop`."""
        begun = await self._begun(stop)
        if begun is None:
            return
        consumer, behind = begun
        try:
            loop, next_look = asyncio.get_running_loop(), 0.0
            while not stop:
                fetched = await stop.or_else(consumer.getmany(timeout_ms=_POLL_MS)) or {}
                for records in fetched.values():
                    self.take(records)
                # Who looked before all was read would take for calm what is not read yet.
                behind = {p: end for p, end in behind.items() if await consumer.position(p) < end}
                if not behind and (fetched or loop.time() >= next_look):
                    await self.look()
                    next_look = loop.time() + min(_LONGEST_WAIT_S, self._window_s / 4)
        finally:
            await leave(consumer, "counting rejections")

    def take(self, records: Iterable[ConsumerRecord]) -> None:
        """Count the rejections among these, but for those of history: nobody is called for that."""
        for record in records:
            try:
                told = REJECTED_RECORD.validate_json(record.value or b"")
            except ValidationError:
                log.error("a record of %s cannot be read and is not counted", record.topic)
                continue
            if isinstance(told, RejectedEvent) and told.mode is Mode.LIVE:
                self._counts.take((told.origin.door or told.hop, told.reason), record.timestamp)

    async def look(self) -> None:
        """Compare the counts with what is told; the store is asked each time, it may be a new one."""
        if self._told is None:
            alerts = await self._reader.beside(SYSTEM_PATIENT)
            self._told = {_cause_of(alert) for alert in alerts if _is_ours(alert)}
        causes = {*self._counts.causes(), *self._told}
        now_ms = await self._store.now_ms() if causes else 0
        for cause in sorted(causes):
            count, name = self._counts.within(cause, now_ms), f"{NAME}:{cause[0]}:{cause[1]}"
            if count > self._counts.limit:
                await self._technical.raise_(name, self._text(cause))
                self._told.add(cause)
            elif cause in self._told and count <= self._counts.limit // 2:
                await self._technical.settle(name, f"{cause[0]} rejects few as {cause[1]} again")
                self._told.discard(cause)

    def _text(self, cause: Cause) -> str:
        return (
            f"More than {self._counts.limit} messages within {self._window_s / 60:g} minutes were rejected by"
            f" {cause[0]} as {cause[1]}: see `dosewarden rejected list --reason {cause[1]}`"
        )

    async def _begun(self, stop: Stop) -> tuple[AIOKafkaConsumer, dict[TopicPartition, int]] | None:
        """A consumer that stands where reading begins, and the present ends; None when `stop` came first."""
        while not stop:
            consumer = AIOKafkaConsumer(
                **aiokafka_client(self._kafka),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            )
            begun = False
            try:
                await consumer.start()
                ends = await _placed(consumer)
                begun = bool(ends)
                if begun:
                    return consumer, ends
            except KafkaError as error:
                log.info("rejections cannot be counted yet (%s)", type(error).__name__)
            finally:
                # Also where the whole part is ended meanwhile.
                if not begun:
                    await leave(consumer, "beginning to count rejections")
            await stop.sleep(_WAIT_S)
        return None


async def _placed(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Put it a little before the ends, which are given back; none while there is no such topic."""
    # All topics are asked for, because asking for one by its name may make it.
    cluster = await consumer._client.fetch_all_metadata()
    numbers = cluster.partitions_for_topic(REJECTED_EVENTS.name)
    if not numbers:
        return {}
    places = [TopicPartition(REJECTED_EVENTS.name, number) for number in sorted(numbers)]
    consumer.assign(places)
    starts = await consumer.beginning_offsets(places)
    ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
    for place in places:
        consumer.seek(place, max(starts[place], ends[place] - _TAIL))
    return ends


def _is_ours(alert: str) -> bool:
    return alert.startswith(_PREFIX)


def _cause_of(alert: str) -> Cause:
    door, _, reason = alert.removeprefix(_PREFIX).partition(":")
    return door, reason
