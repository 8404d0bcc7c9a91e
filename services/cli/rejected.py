"""`dosewarden rejected`: what could not be understood and why, and what is done about it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from services.cli.alert_view import as_json_text, plain
from services.cli.broker_option import kafka_option
from services.cli.rejected_ending import dismiss, retry
from services.cli.rejected_options import Wanted, json_option, since_option, wanted_options
from services.cli.rejected_topic import every_rejection, originals, run
from services.cli.rejected_view import (
    KEYS,
    counts_of,
    counts_table,
    entries_table,
    entry_as_json,
    entry_in_words,
    payload_lines,
    payload_of,
    printed,
)
from services.intake.rejected.topic import Found
from services.transit.kafka import Where


@click.group()
def rejected() -> None:
    """List, show, count and retry what could not be understood.

    Nothing of a payload is shown unless `show --payload` asks for it: it is patient data.
    """


@rejected.command(name="list")
@kafka_option
@wanted_options
@click.option("--all", "closed", is_flag=True, help="Also those that were accepted later or dismissed.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@json_option
def list_(kafka: Where, closed: bool, limit: int, json_wanted: bool, **asked: Any) -> None:
    """List the rejections that are open, the newest first."""
    found = run(every_rejection(kafka))
    wanted = Wanted(**asked)
    chosen = [entry for entry in found.entries if wanted.takes(entry) and (closed or entry.closed is None)]
    shown = chosen[::-1][:limit]
    if json_wanted:
        click.echo(as_json_text([entry_as_json(entry) for entry in shown]))
    elif shown:
        printed(entries_table(shown))
    if len(shown) < len(chosen):
        click.echo(f"{len(shown)} of {len(chosen)} are shown: see --limit.", err=True)
    elif not chosen:
        click.echo("No such rejection.", err=True)
    _tell_unreadable(found)


@rejected.command()
@kafka_option
@click.argument("name", metavar="ID")
@click.option("--payload", is_flag=True, help="Also what was kept of the original. It is patient data.")
@json_option
def show(kafka: Where, name: str, payload: bool, json_wanted: bool) -> None:
    """Show one rejection."""
    (entry,) = run(originals(kafka, [name]))
    if payload:
        click.echo("The payload below is patient data.", err=True)
    if json_wanted:
        click.echo(as_json_text(entry_as_json(entry) | (payload_of(entry) if payload else {})))
        return
    lines = entry_in_words(entry) + (["", *payload_lines(entry)] if payload else [])
    for line in lines:
        click.echo(plain(line).plain)


@rejected.command()
@kafka_option
@since_option
@click.option("--by", type=click.Choice(sorted(KEYS)), default="reason", show_default=True, help="Count by.")
@json_option
def stats(kafka: Where, since: datetime | None, by: str, json_wanted: bool) -> None:
    """Count rejections, those that are over too, with when the first and the last came."""
    found = run(every_rejection(kafka))
    counts = counts_of((entry for entry in found.entries if Wanted(since=since).takes(entry)), by)
    if json_wanted:
        click.echo(as_json_text([asdict(one) for one in counts]))
    elif counts:
        printed(counts_table(counts, by))
    else:
        click.echo("Nothing was rejected.", err=True)
    _tell_unreadable(found)


rejected.add_command(retry)
rejected.add_command(dismiss)


def _tell_unreadable(found: Found) -> None:
    if found.unreadable:
        click.echo(
            f"{found.unreadable} records of rejected-events cannot be read and are not counted.", err=True
        )
