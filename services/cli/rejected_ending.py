"""`dosewarden rejected retry` and `dismiss`: how a rejection comes to its end."""

import getpass
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from services.cli.alert_view import as_json_text
from services.cli.broker_option import kafka_option
from services.cli.door_options import zone_of
from services.cli.rejected_options import Wanted, json_option, wanted_options
from services.cli.rejected_topic import every_rejection, originals, run
from services.cli.rejected_view import printed, retries_table, retry_as_json
from services.intake.rejected.closing import Closer
from services.intake.rejected.retrying import Result, Retried, Terms, retried
from services.intake.rejected.topic import CannotRead, Entry, RejectedTopic, place_of
from services.intake.settings import sources_of
from services.intake.site_key import site_key
from services.transit.kafka import Where

_LONGEST_WORDS = 2_000
_ENDED = frozenset({Result.ACCEPTED, Result.PASSED_OVER})
_by_option = click.option(
    "--by", default=None, metavar="NAME", help="Who you are; else the name you are logged in with."
)


@click.command()
@kafka_option
@click.argument("names", metavar="[ID]...", nargs=-1)
@wanted_options
@click.option(
    "--zone",
    default=None,
    callback=zone_of,
    metavar="IANA",
    help="Read times without an offset in this zone; else in the one of the first reading.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would become of them.")
@_by_option
@json_option
def retry(
    kafka: Where,
    names: tuple[str, ...],
    zone: ZoneInfo | None,
    dry_run: bool,
    by: str | None,
    json_wanted: bool,
    **asked: Any,
) -> None:
    """Read rejections again, by their IDs or all that are open and as the options say.

    What is accepted now goes into Kafka, the mark at its patient ends, and the rejection is over. What is
    rejected still stays open. Exit 0 when nothing stays open, 1 when something does.
    """
    wanted = Wanted(**asked)
    if bool(names) is not wanted.everything:
        raise click.UsageError(
            "name IDs, or choose by --reason, --door, --source, --since, --until, --patient"
        )
    work = _retry(kafka, names, wanted, zone, by or getpass.getuser(), dry_run)
    retries = run(work)
    if json_wanted:
        click.echo(as_json_text([retry_as_json(one) for one in retries]))
    elif retries:
        printed(retries_table(retries))
    ended = sum(one.result in _ENDED for one in retries)
    click.echo(
        f"{ended} of {len(retries)} {'would be' if dry_run else 'are'} over, {len(retries) - ended} open.",
        err=True,
    )
    if ended < len(retries):
        raise click.exceptions.Exit(1)


@click.command()
@kafka_option
@click.argument("name", metavar="ID")
@_by_option
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody needs it; kept.")
def dismiss(kafka: Where, name: str, by: str | None, reason: str) -> None:
    """Dismiss a rejection: the mark at its patient ends, and who did it and why is kept beside it."""
    if not reason.strip() or len(reason) > _LONGEST_WORDS:
        raise click.BadParameter(f"1 to {_LONGEST_WORDS} characters", param_hint="--reason")
    who = by or getpass.getuser()

    async def work() -> Entry:
        (entry,) = await originals(kafka, [name])
        _refuse_closed(entry)
        async with Closer(kafka, Terms(site_key(os.environ), _now), who) as closer:
            await closer.dismissed(entry, reason)
        return entry

    entry = run(work())
    mark = "its mark is ended" if entry.rejected.mark is not None else "it left no mark"
    click.echo(f"{entry.id} dismissed by {who}; {mark}")


async def _retry(
    kafka: Where, names: Sequence[str], wanted: Wanted, zone: ZoneInfo | None, by: str, dry_run: bool
) -> list[Retried]:
    if names:
        entries = await originals(kafka, names)
        for entry in entries:
            _refuse_closed(entry)
        chosen = {place_of(entry.id) for entry in entries}
    else:
        found = await every_rejection(kafka)
        chosen = {place_of(e.id) for e in found.entries if wanted.takes(e) and e.closed is None}
    if not chosen:
        return []
    retries: list[Retried] = []
    terms = Terms(site_key(os.environ), _now, zone, sources_of(os.environ))
    async with RejectedTopic(kafka) as topic, Closer(kafka, terms, by) as closer:
        async for entry in topic.originals(chosen):
            one = retried(entry, terms)
            if one.result in _ENDED and not dry_run:
                await closer.retried(one)
            retries.append(replace(one, readings=(), entry=entry.without_original))
    return retries


def _refuse_closed(entry: Entry) -> None:
    if entry.closed is not None:
        raise CannotRead(f"{entry.id} is over: {entry.closed.closing.value} by {entry.closed.by or '?'}")


def _now() -> datetime:
    return datetime.now(UTC)
