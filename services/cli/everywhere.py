"""Writing a record that belongs to no patient: one copy into each partition that the safety workers read."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.base import TimeDomain
from schemas.stream_events import HistoryEnded, KnowledgeActivated
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS
from services.transit.kafka import Where, aiokafka_client

_PATIENCE_S = 30
_STOPPED_WITHIN_S = 10


class NotWritten(Exception):
    """The record could not be written to every partition; the message is for the person who operates it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where to write, and in which time the workers live."""

    kafka: Where
    time_domain: TimeDomain

    @property
    def events(self) -> str:
        """The topic that the workers read."""
        return os.environ.get("DOSEWARDEN_EVENTS_TOPIC") or PATIENT_EVENTS.name

    @property
    def issues(self) -> str:
        """The topic that they answer on."""
        return os.environ.get("DOSEWARDEN_ISSUES_TOPIC") or DETECTED_ISSUES.name


@contextlib.asynccontextmanager
async def producer_at(where: Deployment) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that waits for every copy, open while the context lasts."""
    producer = AIOKafkaProducer(**aiokafka_client(where.kafka), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        yield producer
    finally:
        with contextlib.suppress(TimeoutError):  # a producer whose broker is gone would wait without end
            await asyncio.wait_for(producer.stop(), _STOPPED_WITHIN_S)


async def written(
    producer: AIOKafkaProducer, record: KnowledgeActivated | HistoryEnded, where: Deployment
) -> frozenset[int]:
    """One copy into each partition; which there are."""
    value, key = record.model_dump_json().encode(), record.event_id.encode()
    done: list[int] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            for partition in sorted(await producer.partitions_for(where.events)):
                await producer.send_and_wait(where.events, value, key=key, partition=partition)
                done.append(partition)
    except (KafkaError, TimeoutError) as error:
        raise NotWritten(
            f"Kafka at {where.kafka} took the record for {len(done)} partitions of {where.events}, then: "
            f"{str(error) or 'no word'}. Run the command again; doing it twice changes nothing."
        ) from error
    return frozenset(done)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What went wrong, in words for the operator."""
    try:
        yield
    except NotWritten as error:
        raise click.ClickException(str(error)) from error
    except KafkaError as error:
        raise click.ClickException(f"Kafka cannot be asked: {error}") from error
