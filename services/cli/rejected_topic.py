"""Reading `rejected-events` for a command, with what goes wrong told to whoever typed it."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import click

from services.intake.rejected.topic import CannotRead, Entry, Found, RejectedTopic, place_of
from services.intake.sending import PublishFailed
from services.intake.settings import BadSettings
from services.intake.site_key import NoSiteKey
from services.transit.kafka import Where

Answer = TypeVar("Answer")


async def every_rejection(kafka: Where) -> Found:
    """All of them, without their originals. Raises `CannotRead`."""
    async with RejectedTopic(kafka) as topic:
        return await topic.all()


async def originals(kafka: Where, names: Sequence[str]) -> list[Entry]:
    """The rejections of these ids. Raises `CannotRead` where there is none."""
    wanted = dict.fromkeys(place_of(name) for name in names)
    async with RejectedTopic(kafka) as topic:
        found = await topic.all()
        closed = {(entry.partition, entry.offset): entry.closed for entry in found.entries}
        missing = [place for place in wanted if place not in closed]
        if missing:
            raise CannotRead(
                f"there is no rejection {missing[0][0]}-{missing[0][1]} (any more: they are kept for 90 days)"
            )
        return [
            replace(entry, closed=closed[entry.partition, entry.offset])
            async for entry in topic.originals(set(wanted))
        ]


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work comes to; whatever keeps it from that is told, with exit code 1."""
    try:
        return asyncio.run(work)
    except (BadSettings, CannotRead, NoSiteKey, PublishFailed) as error:
        raise click.ClickException(str(error)) from error
