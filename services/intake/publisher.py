"""From readings to Kafka: under the patient's key, into the patient's partition, with Kafka's word awaited.

A producer with idempotence numbers its batches; after the broker refused one for its size those numbers have
a gap, so the producer is replaced before anything else is sent. Nothing is skipped on the way: a record that
is too large becomes a rejection and a mark at its patient.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, OutOfOrderSequenceNumber

from schemas.clinical import KnowledgeActivated, SourceHeartbeat
from schemas.identity import SiteKey
from schemas.rejections import Origin, RejectedEvent
from schemas.topics import PATIENT_EVENTS, REJECTED_EVENTS, partition_of
from services.intake.door import Door
from services.intake.keying import keyed
from services.intake.reading import Event, Reading, Rejected, Unreadable, unreadable_fact
from services.intake.rejecting import rejection

LARGEST_RECORD = 1_000_000
"""Bytes of one record, a little below the 1 MiB that brokers take by default."""
BATCH = 500
_ATTEMPTS = 5
PATIENCE_S = 120.0
"""How long Kafka may keep silent about a batch: a broker's restart takes less."""
_STOPPED_WITHIN_S = 10.0


class PublishFailed(Exception):
    """Kafka did not take what was sent; the message is for the person who operates it."""


@dataclass(frozen=True, slots=True)
class _Record:
    topic: str
    partition: int | None
    key: bytes
    value: bytes
    event: Event | None
    origin: Origin


class Publisher:
    """Sends readings in bounded batches; leaving the async context waits for Kafka's word."""

    def __init__(
        self,
        bootstrap: str,
        site: SiteKey,
        door: Door,
        *,
        batch: int = BATCH,
        largest: int = LARGEST_RECORD,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._bootstrap = bootstrap
        self._site = site
        self._door = door
        self._batch = batch
        self._largest = largest
        self._patience_s = patience_s
        self._producer: AIOKafkaProducer | None = None
        self._partitions = 0
        self._waiting: list[_Record] = []
        self.too_large = 0

    async def __aenter__(self) -> "Publisher":
        self._producer = await self._started()
        try:
            self._partitions = len(await self._producer.partitions_for(PATIENT_EVENTS.name))
        except KafkaError as error:
            await self._producer.stop()
            raise PublishFailed(f"the partitions of {PATIENT_EVENTS.name} are not known: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            await self._stop()

    async def publish(self, reading: Reading, event: Event | None) -> None:
        """Send what a reading states (`event`: its own, or the mark it leaves at its patient) and its
        rejection.
        """
        origin = reading.origin if not isinstance(reading, Rejected) else reading.rejection.origin
        if isinstance(reading, Rejected):
            self._reject(reading.rejection)
        if event is not None:
            self._state(event, origin)
        if len(self._waiting) >= self._batch:
            await self.flush()

    async def flush(self) -> None:
        """Send what waits, in order, and await Kafka's word. Raises `PublishFailed`."""
        for _ in range(_ATTEMPTS):
            sent, self._waiting = self._waiting, []
            if not sent:
                return
            failed = await self._failures(sent)
            oversized = [record for record, why in failed if isinstance(why, MessageSizeTooLargeError)]
            behind = [record for record, why in failed if isinstance(why, OutOfOrderSequenceNumber)]
            for record, why in failed:
                if not isinstance(why, MessageSizeTooLargeError | OutOfOrderSequenceNumber) or not oversized:
                    raise PublishFailed(f"Kafka did not take a record of {record.topic}: {why!r}") from why
            for record in oversized:
                self._too_large(record)
            self._waiting += behind
            if oversized:
                await self._renew()
        raise PublishFailed("Kafka refuses even rejections for their size; raise message.max.bytes")

    async def _failures(self, records: list[_Record]) -> list[tuple[_Record, BaseException]]:
        """What Kafka did not take, with why, in the order given. Handed over one by one, so that it stays.

        Raises `PublishFailed` where Kafka says nothing: an idempotent producer would retry without end.
        """
        assert self._producer is not None  # noqa: S101 (entered)
        words: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(self._patience_s):
                for record in records:
                    try:
                        word = await self._producer.send(
                            record.topic, value=record.value, key=record.key, partition=record.partition
                        )
                    except KafkaError as error:
                        word = asyncio.get_running_loop().create_future()
                        word.set_exception(error)
                    words.append(word)
                outcomes = await asyncio.gather(*words, return_exceptions=True)
        except TimeoutError as error:
            raise PublishFailed(f"Kafka gave no word within {self._patience_s:g} s") from error
        return [
            (record, outcome)
            for record, outcome in zip(records, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        ]

    def _state(self, event: Event, origin: Origin) -> None:
        if isinstance(event, SourceHeartbeat | KnowledgeActivated):
            value, key = _bytes(event), event.event_id.encode()
            for partition in range(self._partitions):
                self._waiting.append(_Record(PATIENT_EVENTS.name, partition, key, value, event, origin))
            return
        ours = keyed(event, self._site)
        partition = partition_of(ours.patient, self._partitions)
        key = ours.patient.encode()
        self._waiting.append(_Record(PATIENT_EVENTS.name, partition, key, _bytes(ours), event, origin))

    def _reject(self, record: RejectedEvent) -> None:
        key = record.origin.key.encode()
        self._waiting.append(_Record(REJECTED_EVENTS.name, None, key, _bytes(record), None, record.origin))

    def _too_large(self, record: _Record) -> None:
        """The rejection of a record that the broker will not take, and the mark at its patient."""
        event = record.event
        if event is None or isinstance(event, SourceHeartbeat | KnowledgeActivated):
            raise PublishFailed("Kafka refuses even rejections for their size; raise message.max.bytes")
        self.too_large += 1
        error = Unreadable(
            "too-large",
            f"Kafka takes no record of this size ({len(record.value)} bytes): the door sends at most"
            f" {self._largest} bytes, or {record.topic} has a lower max.message.bytes",
        )
        rejected = Rejected(
            rejection(record.origin, _bytes(event), error),
            event.source,
            event.patient,
            event.entity,
            event.received_at,
            event.recorded_at,
        )
        self._reject(rejected.rejection)
        mark = unreadable_fact(rejected, self._door)
        if mark is not None:
            self._state(mark, record.origin)

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            max_request_size=self._largest,
            compression_type=None,
        )
        try:
            await producer.start()
        except KafkaError as error:
            await producer.stop()
            raise PublishFailed(f"no Kafka at {self._bootstrap}: {error}") from error
        return producer

    async def _renew(self) -> None:
        await self._stop()
        self._producer = await self._started()

    async def _stop(self) -> None:
        """Close the producer; one whose broker is gone would wait for it without end."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(producer.stop(), _STOPPED_WITHIN_S)


def _bytes(record: Event | RejectedEvent) -> bytes:
    return record.model_dump_json().encode()
