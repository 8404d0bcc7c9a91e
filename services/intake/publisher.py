"""From readings to Kafka: under the patient's key, into the patient's partition, with Kafka's word awaited.

A producer with idempotence numbers its batches; after the broker refused one for its size those numbers have
a gap, so the producer is replaced before anything else is sent. Nothing is skipped on the way: a record that
is too large becomes a rejection and a mark at its patient.
"""

import asyncio
from dataclasses import dataclass
from types import TracebackType

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

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
    ) -> None:
        self._bootstrap = bootstrap
        self._site = site
        self._door = door
        self._batch = batch
        self._largest = largest
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
            if self._producer is not None:
                await self._producer.stop()

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
            oversized = [
                record for record, outcome in failed if isinstance(outcome, MessageSizeTooLargeError)
            ]
            others = [
                (record, outcome)
                for record, outcome in failed
                if not isinstance(outcome, MessageSizeTooLargeError)
            ]
            if others and not oversized:
                record, cause = others[0]
                raise PublishFailed(f"Kafka did not take a record of {record.topic}: {cause!r}") from cause
            for record in oversized:
                self._too_large(record)
            self._waiting += [record for record, _ in others]
            if oversized:
                await self._renew()
        raise PublishFailed("Kafka refuses even rejections for their size; raise message.max.bytes")

    async def _failures(self, records: list[_Record]) -> list[tuple[_Record, BaseException]]:
        """What Kafka did not take, with why. Handed over one by one, so that their order stays."""
        assert self._producer is not None  # noqa: S101 (entered)
        failed: list[tuple[_Record, BaseException]] = []
        handed_over = []
        for record in records:
            try:
                word = await self._producer.send(
                    record.topic, value=record.value, key=record.key, partition=record.partition
                )
            except KafkaError as error:
                failed.append((record, error))
            else:
                handed_over.append((record, word))
        outcomes = await asyncio.gather(*[word for _, word in handed_over], return_exceptions=True)
        for (record, _), outcome in zip(handed_over, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                failed.append((record, outcome))
        return failed

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
            "too-large", f"one record may have at most {self._largest} bytes, this one is larger"
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
        if self._producer is not None:
            await self._producer.stop()
        self._producer = await self._started()


def _bytes(record: Event | RejectedEvent) -> bytes:
    return record.model_dump_json().encode()
