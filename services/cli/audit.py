"""`dosewarden audit`: whether the history of alerts is whole, and what it says of one alert."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
import orjson

from schemas.fhir_history import audit_event, communication
from services.cli.alert_view import as_json_text, plain
from services.cli.audit_view import as_json, in_words
from services.cli.broker_option import kafka_option
from services.notifier.audit.reading import Place, Unread, entries, verify
from services.notifier.audit.verifying import Anchor
from services.notifier.record.whole_topic import CannotRead
from services.transit.kafka import Where

Answer = TypeVar("Answer")
_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of lines.")


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work comes to; that something could not be read is told, with exit code 1."""
    try:
        return asyncio.run(work)
    except CannotRead as error:
        raise click.ClickException(str(error)) from error


@click.group()
def audit() -> None:
    """Verify and read the history of alerts in Kafka."""


@audit.command(name="verify")
@kafka_option
@_json
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What this command printed with --json earlier, kept elsewhere: the history must still begin so.",
)
def verify_(kafka: Where, json_wanted: bool, against: Path | None) -> None:
    """Verify the hash chains of alert-history.

    Exit code 1 where an entry was altered, removed, inserted or put elsewhere, or the end is missing; the
    first offset where it shows is named. Keep what --json prints where nobody reaches who can write to Kafka.
    """
    verdict = run(verify(kafka, _heads(against) if against else ()))
    if json_wanted:
        click.echo(as_json_text(as_json(verdict)))
    else:
        for line in in_words(verdict):
            click.echo(line)
    if verdict.faults:
        raise click.exceptions.Exit(1)


def _heads(path: Path) -> tuple[Anchor, ...]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["chains"]
        return tuple(Anchor(str(head["chain"]), int(head["entries"]), str(head["hash"])) for head in kept)
    except (ValueError, KeyError, TypeError) as error:
        raise click.BadParameter(
            f"{path} is not what `audit verify --json` prints", param_hint="--against"
        ) from error


@audit.command()
@kafka_option
@_json
@click.argument("alert_id", metavar="ALERT")
def show(kafka: Where, json_wanted: bool, alert_id: str) -> None:
    """Show what the history holds of one alert, also long after it left the store.

    The beginning of its ID will do. Exit code 1 where there is no such alert.
    """
    unread = Unread()

    async def read() -> list[Place]:
        return [place async for place in entries(kafka, unread) if place.entry.alert_id.startswith(alert_id)]

    found = run(read())
    if unread.count:
        click.echo(f"{unread.count} records of the history cannot be read", err=True)
    if not found:
        raise click.ClickException(f"the history knows no alert whose id begins with {alert_id!r}")
    if json_wanted:
        told = [
            place.entry.model_dump(mode="json") | {"partition": place.partition, "offset": place.offset}
            for place in found
        ]
        click.echo(as_json_text(told))
        return
    for place in found:
        entry = place.entry
        detail = " · ".join(part for part in (entry.actor, entry.note, entry.because) if part)
        line = (
            f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.alert_id}  {entry.event} -> {entry.state.value}  "
            f"(episode {entry.episode} revision {entry.revision})  {detail}"
        )
        click.echo(plain(line).plain)


@audit.command()
@kafka_option
@click.option("--alert", "alert_id", default="", metavar="ALERT", help="Only alerts whose ID begins so.")
def export(kafka: Where, alert_id: str) -> None:
    """Print the history as FHIR R4, one resource a line.

    An AuditEvent for each entry; behind it a Communication where somebody was told, or could not be.
    """
    unread = Unread()

    async def write() -> int:
        count = 0
        async for place in entries(kafka, unread):
            if place.entry.alert_id.startswith(alert_id):
                for resource in (audit_event(place.entry), communication(place.entry)):
                    if resource is not None:
                        click.echo(orjson.dumps(resource).decode())
                count += 1
        return count

    click.echo(f"{run(write())} entries exported, {unread.count} could not be read", err=True)
    if unread.count:
        raise click.exceptions.Exit(1)
