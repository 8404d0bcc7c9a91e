"""`dosewarden feed`: files into Kafka, as the source would have sent them."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from schemas.base import Mode
from schemas.identity import SiteKey
from services.cli.broker_option import kafka_option
from services.cli.door_options import door_options
from services.intake.door import Door
from services.intake.formats import read
from services.intake.lines import BrokenFile
from services.intake.ordering import with_unreadable
from services.intake.pacing import Pace
from services.intake.publisher import Publisher
from services.intake.reading import Reading
from services.intake.sending import PublishFailed
from services.intake.site_key import NoSiteKey, site_key
from services.intake.tally import Tally
from services.transit.kafka import Where


@click.command()
@door_options
@kafka_option
@click.option("--backfill", is_flag=True, help="History: judged and shown, never paged.")
@click.option(
    "--pace",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    metavar="FACTOR",
    help="Simulated seconds per real second; else as fast as Kafka takes it.",
)
@click.option("--received-now", is_flag=True, help="Live time: everything is received now, in file order.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the summary as JSON.")
def feed(
    fmt: str,
    paths: tuple[str, ...],
    zone: ZoneInfo,
    source: str | None,
    kafka: Where,
    backfill: bool,
    pace: float | None,
    received_now: bool,
    json_wanted: bool,
) -> None:
    """Send files into Kafka.

    Without --received-now time is simulated: each record is received when its source stored it, in that
    order. What cannot be understood goes to rejected-events and marks its patient as not assessed. The site
    key comes from DOSEWARDEN_SITE_KEY_FILE or DOSEWARDEN_SITE_KEY.
    """
    if pace is not None and received_now:
        raise click.UsageError("--pace tells simulated time and --received-now live time; use one of them")
    mode = Mode.BACKFILL if backfill else Mode.LIVE
    door = Door(source, zone, mode, (lambda: datetime.now(UTC)) if received_now else None)
    tally = Tally()
    try:
        site = site_key(os.environ)
        readings = read(fmt, [Path(path) for path in paths], door)
        too_large = asyncio.run(_send(readings, door, tally, site, kafka, Pace(pace) if pace else None))
    except (NoSiteKey, BrokenFile, PublishFailed) as error:
        raise click.ClickException(str(error)) from error
    if too_large:
        click.echo(f"{too_large} accepted records were too large for Kafka and are rejected", err=True)
    if json_wanted:
        click.echo(json.dumps(tally.as_json() | {"too_large": too_large}))
    else:
        click.echo(tally.as_text(), err=True)


async def _send(
    readings: Iterator[Reading], door: Door, tally: Tally, site: SiteKey, kafka: Where, pace: Pace | None
) -> int:
    """How many accepted records Kafka found too large."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("feeding", total=None)
        async with Publisher(kafka, site, door) as publisher:
            for reading, event in with_unreadable(readings, door):
                if pace is not None and event is not None and (wait := pace.wait_s(event.received_at)) > 0:
                    await publisher.flush()
                    await asyncio.sleep(wait)
                await publisher.publish(reading, event)
                tally.count(reading)
                progress.advance(task)
    return publisher.too_large
