"""`dosewarden knowledge activate`: from here on the wards are judged by this knowledge version."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click

from schemas.stream_events import KnowledgeActivated
from services.cli.comparison import Comparison, Listener
from services.cli.everywhere import Deployment, producer_at, told, written
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError


def version_of(overlay: Path | None, jurisdiction: str, zone: str) -> str:
    """The version of a directory, loaded exactly as a worker loads it. Raises `click.ClickException`."""
    try:
        return load(overlay, jurisdiction=jurisdiction, zone=zone).version
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from error


def activate(version: str, where: Deployment) -> str:
    """Put a version in force; the words for the operator. Raises `click.ClickException`."""
    with told():
        partitions = asyncio.run(_activated(_record(version, where, shadow=False), where))
    return f"knowledge version {version} is activated: written to {partitions} partitions of {where.events}"


def compare(version: str, where: Deployment, patience_s: float) -> Comparison:
    """Ask what a version would change, and wait for the answers. Raises `click.ClickException`."""
    with told():
        return asyncio.run(_compared(version, where, patience_s))


async def _activated(record: KnowledgeActivated, where: Deployment) -> int:
    async with producer_at(where) as producer:
        return len(await written(producer, record, where))


async def _compared(version: str, where: Deployment, patience_s: float) -> Comparison:
    record = _record(version, where, shadow=True)
    async with producer_at(where) as producer:
        listener = Listener(where.kafka, where.issues, await producer.partitions_for(where.issues))
        try:
            await listener.open()
            partitions = await written(producer, record, where)
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
