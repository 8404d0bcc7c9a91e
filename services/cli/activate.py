"""`dosewarden knowledge activate`: from here on the wards are judged by this knowledge version."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.base import TimeDomain
from schemas.clinical import KnowledgeActivated
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS
from services.cli.comparison import Comparison, Listener
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError

_PATIENCE_S = 30
_STOPPED_WITHIN_S = 10


class NotActivated(Exception):
    """The record could not be written to every partition; the message is for the person who operates it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where to write, and in which time the workers live."""

    kafka: str
    time_domain: TimeDomain

    @property
    def events(self) -> str:
        """The topic that the workers read."""
        return os.environ.get("DOSEWARDEN_EVENTS_TOPIC") or PATIENT_EVENTS.name

    @property
    def issues(self) -> str:
        """The topic that they answer on."""
        return os.environ.get("DOSEWARDEN_ISSUES_TOPIC") or DETECTED_ISSUES.name


def version_of(overlay: Path | None, jurisdiction: str, zone: str) -> str:
    """The version of a directory, loaded exactly as a worker loads it. Raises `click.ClickException`."""
    try:
        return load(overlay, jurisdiction=jurisdiction, zone=zone).version
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from error


def activate(version: str, where: Deployment) -> str:
    """Put a version in force; the words for the operator. Raises `click.ClickException`."""
    with _told():
        partitions = asyncio.run(_activated(_record(version, where, shadow=False), where))
    return f"knowledge version {version} is activated: written to {partitions} partitions of {where.events}"


def compare(version: str, where: Deployment, patience_s: float) -> Comparison:
    """Ask what a version would change, and wait for the answers. Raises `click.ClickException`."""
    with _told():
        return asyncio.run(_compared(version, where, patience_s))


async def _activated(record: KnowledgeActivated, where: Deployment) -> int:
    async with _producer(where) as producer:
        return len(await _write(producer, record, where))


async def _compared(version: str, where: Deployment, patience_s: float) -> Comparison:
    record = _record(version, where, shadow=True)
    async with _producer(where) as producer:
        listener = Listener(where.kafka, where.issues, await producer.partitions_for(where.issues))
        try:
            await listener.open()
            partitions = await _write(producer, record, where)
            answers = await listener.hear(record.event_id, partitions, patience_s)
            return Comparison(partitions, answers)
        finally:
            await listener.close()


def _record(version: str, where: Deployment, *, shadow: bool) -> KnowledgeActivated:
    now = datetime.now(UTC)
    return KnowledgeActivated(
        event_id=f"knowledge:{version}:{now.isoformat()}",
        knowledge_version=version,
        shadow=shadow,
        received_at=now,
        time_domain=where.time_domain,
    )


@contextlib.asynccontextmanager
async def _producer(where: Deployment) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=where.kafka, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        yield producer
    finally:
        with contextlib.suppress(TimeoutError):  # a producer whose broker is gone would wait without end
            await asyncio.wait_for(producer.stop(), _STOPPED_WITHIN_S)


async def _write(producer: AIOKafkaProducer, record: KnowledgeActivated, where: Deployment) -> frozenset[int]:
    """One copy into each partition; which there are."""
    value, key = record.model_dump_json().encode(), record.event_id.encode()
    done: list[int] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            for partition in sorted(await producer.partitions_for(where.events)):
                await producer.send_and_wait(where.events, value, key=key, partition=partition)
                done.append(partition)
    except (KafkaError, TimeoutError) as error:
        raise NotActivated(
            f"Kafka at {where.kafka} took the record for {len(done)} partitions of {where.events}, then: "
            f"{str(error) or 'no word'}. Run the command again; doing it twice changes nothing."
        ) from error
    return frozenset(done)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotActivated as error:
        raise click.ClickException(str(error)) from error
    except KafkaError as error:
        raise click.ClickException(f"Kafka cannot be asked: {error}") from error
