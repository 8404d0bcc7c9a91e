"""`dosewarden knowledge activate`: from here on the wards are judged by this knowledge version."""

import asyncio
import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.base import TimeDomain
from schemas.clinical import KnowledgeActivated
from schemas.topics import PATIENT_EVENTS
from services.safety.knowledge.loader import DEFAULT_ZONE, load
from services.safety.knowledge.problems import KnowledgeError

_PATIENCE_S = 30
_STOPPED_WITHIN_S = 10


class NotActivated(Exception):
    """The record could not be written to every partition; the message is for the person who operates it."""


def activate(
    overlay: Path | None,
    jurisdiction: str,
    kafka: str,
    time_domain: TimeDomain,
    *,
    zone: str = DEFAULT_ZONE,
    shadow: bool,
) -> str:
    """Write the activation of a directory's version to each partition; the words for the operator.

    The base is loaded exactly as a worker loads it, so that both speak of the same version. Raises
    `click.ClickException`.
    """
    try:
        version = load(overlay, jurisdiction=jurisdiction, zone=zone).version
        partitions = asyncio.run(_write(kafka, version, time_domain, shadow))
    except (KnowledgeError, NotActivated) as error:
        raise click.ClickException(str(error)) from error
    what = "is to be tried in shadow" if shadow else "is activated"
    return f"knowledge version {version} {what}: written to {partitions} partitions of {_topic()}"


def _topic() -> str:
    return os.environ.get("DOSEWARDEN_EVENTS_TOPIC") or PATIENT_EVENTS.name


async def _write(kafka: str, version: str, time_domain: TimeDomain, shadow: bool) -> int:
    now = datetime.now(UTC)
    record = KnowledgeActivated(
        event_id=f"knowledge:{version}:{now.isoformat()}",
        knowledge_version=version,
        shadow=shadow,
        received_at=now,
        time_domain=time_domain,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    topic, done = _topic(), 0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await producer.start()
            partitions = sorted(await producer.partitions_for(topic))
            for partition in partitions:
                await producer.send_and_wait(
                    topic,
                    record.model_dump_json().encode(),
                    key=record.event_id.encode(),
                    partition=partition,
                )
                done += 1
    except (KafkaError, TimeoutError) as error:
        raise NotActivated(
            f"Kafka at {kafka} took the activation for {done} partitions of {topic}, then: "
            f"{str(error) or 'no word'}. Run the command again; doing it twice changes nothing."
        ) from error
    finally:
        with contextlib.suppress(TimeoutError):  # a producer whose broker is gone would wait without end
            await asyncio.wait_for(producer.stop(), _STOPPED_WITHIN_S)
    return len(partitions)
