"""`dosewarden alerts silence`: let the low alerts of one check on one ward wait for a while."""

import getpass
from datetime import timedelta

import click
from rich.table import Table

from services.cli.alert_store import asked, output
from services.cli.alert_view import as_json_text, plain
from services.cli.policy_checks import check_named
from services.cli.redis_option import redis_option
from services.notifier.policy.silences import LONGEST
from services.notifier.silencing.keeping import HeldBack, Kept, Silences
from services.notifier.store.connection import Connection

_LONGEST_H = LONGEST / timedelta(hours=1)
_SHORTEST_REASON, _LONGEST_REASON = 3, 200
_REFUSED = {
    "actor-unknown": "the people.yaml of this site does not name {actor}: say who you are with --actor",
    "actor-role": "the role of {actor} may not silence (may, in people.yaml)",
    "ward-unknown": "the policy of this site lists no such ward",
    "too-long": "it is longer than twelve hours",
}
_actor = click.option("--actor", default=None, help="Who you are; else the name you are logged in with.")


@click.group()
def silence() -> None:
    """Silences: alerts of tier 3 of one check on one ward wait, and are listed all the while.

    Tiers 1 and 2 and alerts about DoseWarden itself cannot be silenced.
    """


def _reasoned(_: click.Context, __: click.Parameter, reason: str) -> str:
    if not _SHORTEST_REASON <= len(reason.strip()) <= _LONGEST_REASON:
        raise click.BadParameter(f"from {_SHORTEST_REASON} to {_LONGEST_REASON} characters")
    return reason.strip()


def _known(_: click.Context, __: click.Parameter, check: str) -> str:
    try:
        return check_named(check)
    except LookupError as error:
        raise click.BadParameter(str(error)) from error


@silence.command()
@redis_option
@_actor
@click.option("--ward", required=True, help="The ward, as the clinical systems call it.")
@click.option("--check", required=True, callback=_known, help="The check, for example double-charting.")
@click.option(
    "--hours", required=True, type=click.FloatRange(0, _LONGEST_H, min_open=True),
    help=f"How long, from now on; {_LONGEST_H:g} at most.",
)  # fmt: skip
@click.option("--reason", required=True, callback=_reasoned, help="Why; shown with each alert that waits.")
def add(redis: str, actor: str | None, ward: str, check: str, hours: float, reason: str) -> None:
    """Begin a silence now."""
    who = actor or getpass.getuser()

    async def work(connection: Connection) -> int:
        name, answer = await Silences(connection).begin(ward, check, reason, who, timedelta(hours=hours))
        if answer.result != "done":
            click.echo(f"Not silenced: {_REFUSED[answer.detail].format(actor=who)}.", err=True)
            return 1
        click.echo(f"silence {name}: {check} on ward {ward} for {hours:g} h, by {who}")
        return 0

    if asked(redis, work):
        raise click.exceptions.Exit(1)


@silence.command(name="list")
@redis_option
@click.option("--all", "ended", is_flag=True, help="Also those of the last week that are over.")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")
def list_(redis: str, ended: bool, json_wanted: bool) -> None:
    """List the silences that were made by this command, and how many alerts each has let wait.

    Those of silences.yaml stand there; `alerts list` shows what waits for any of them.
    """

    async def work(connection: Connection) -> None:
        silences = Silences(connection)
        found = [
            (kept, await silences.held_back(kept.silence.id)) for kept in await silences.all(ended=ended)
        ]
        if json_wanted:
            click.echo(as_json_text([_as_json(kept, held) for kept, held in found]))
            return
        output().print(_table(found))
        if not found:
            click.echo("No silence holds.", err=True)

    asked(redis, work)


@silence.command()
@redis_option
@_actor
@click.option("--note", default="", help="Why; kept in the history.")
@click.argument("name", metavar="ID")
def end(redis: str, actor: str | None, note: str, name: str) -> None:
    """End a silence before its time: what waits for it goes on at once."""
    who = actor or getpass.getuser()

    async def work(connection: Connection) -> int:
        answer = await Silences(connection).end(name, who, note)
        if answer.result == "done":
            click.echo(f"silence {name} ended by {who}")
            return 0
        why = {"unknown": f"there is no silence {name}", "over": "it is over already"}.get(answer.result)
        click.echo(f"Not ended: {why or _REFUSED[answer.detail].format(actor=who)}.", err=True)
        return 1

    if asked(redis, work):
        raise click.exceptions.Exit(1)


def _as_json(kept: Kept, held: HeldBack) -> dict[str, object]:
    content = kept.silence.model_dump(mode="json")
    return content | {"ended": kept.ended, "held_back": held.total, "waiting": held.now}


def _table(found: list[tuple[Kept, HeldBack]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("SILENCE", "WARD", "CHECK", "UNTIL", "BY", "WAITING", "HELD BACK"):
        table.add_column(heading, no_wrap=True)
    table.add_column("WHY")
    for kept, held in found:
        one = kept.silence
        until = "over" if kept.ended else one.ends.strftime("%Y-%m-%d %H:%M UTC")
        row = (one.id, one.ward, one.check, until, one.by, str(held.now), str(held.total), one.reason)
        table.add_row(*map(plain, row))
    return table
