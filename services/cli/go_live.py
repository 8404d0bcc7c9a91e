"""`dosewarden go-live`: what was loaded as history counts as live from here on."""

import asyncio
from datetime import UTC, datetime

import click

from schemas.base import TimeDomain
from schemas.stream_events import HistoryEnded
from services.cli.broker_option import kafka_option
from services.cli.everywhere import Deployment, producer_at, told, written
from services.transit.kafka import Where


@click.command("go-live")
@kafka_option
def go_live(kafka: Where) -> None:
    """End the first load: history that was received until now counts as live.

    What still holds of every patient is told again, as live, and pages as its severity asks; nothing is
    paged of what has passed. A patient goes live with the first live fact as well, without this command.
    History that is loaded later waits for the next call.
    """
    where = Deployment(kafka, TimeDomain.LIVE)
    now = datetime.now(UTC)
    record = HistoryEnded(event_id=f"history-ended:{now.isoformat()}", received_at=now)
    with told():
        partitions = asyncio.run(_written(record, where))
    click.echo(
        f"history until {now.isoformat()} is live: written to {partitions} partitions of {where.events}"
    )


async def _written(record: HistoryEnded, where: Deployment) -> int:
    async with producer_at(where) as producer:
        return len(await written(producer, record, where))
