"""`dosewarden policy rota`: who is on duty, for people and for their calendars."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from services.cli.policy_options import directory_option, instant, loaded
from services.notifier.policy.calendar_out import calendar_of
from services.notifier.policy.rota import Rota
from services.notifier.policy.site import SitePolicy

_PIPED_WIDTH = 160
_begins = click.option(
    "--at", metavar="INSTANT", help='From "2026-12-24 14:00" by the ward\'s clock; else now.'
)
_days = click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)


@click.group()
def rota() -> None:
    """Show who is on duty, and write it as a calendar."""


@rota.command()
@click.argument("name", required=False, metavar="[ROTA]")
@directory_option
@_begins
@_days
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")
def show(name: str | None, directory: Path, at: str | None, days: int, json_wanted: bool) -> None:
    """Show who is on duty by ROTA, or by each rota, with its gaps and hand-overs."""
    policy = loaded(directory).policy
    start = instant(at, policy.zone)
    rotas = [_named(policy, name)] if name is not None else list(policy.rotas.values())
    end = start + timedelta(days=days)
    if json_wanted:
        click.echo(json.dumps({one.id: _as_json(one, start, end) for one in rotas}, indent=2))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    for one in rotas:
        console.print(_table(one, start, end, policy))


@rota.command()
@click.argument("name", metavar="ROTA")
@directory_option
@_begins
@_days
def export(name: str, directory: Path, at: str | None, days: int) -> None:
    """Write ROTA as a calendar (iCal) to standard output; the title of an event is the person's id."""
    policy = loaded(directory).policy
    start = instant(at, policy.zone)
    click.echo(calendar_of(_named(policy, name), start, start + timedelta(days=days)), nl=False)


def _named(policy: SitePolicy, name: str) -> Rota:
    found = policy.rotas.get(name)
    if found is None:
        raise click.UsageError(f"no rota is called {name!r}; there are {', '.join(policy.rotas) or 'none'}")
    return found


def _as_json(one: Rota, start: datetime, end: datetime) -> list[dict[str, object]]:
    return [
        {"from": part.start.isoformat(), "to": part.end.isoformat(), "persons": list(part.persons)}
        for part in one.timeline(start, end)
    ]


def _table(one: Rota, start: datetime, end: datetime, policy: SitePolicy) -> Table:
    table = Table(title=one.id)
    for heading in ("from", "to", "on duty"):
        table.add_column(heading)
    for part in one.timeline(start, end):
        first, last = (moment.astimezone(policy.zone) for moment in (part.start, part.end))
        written = [f"{moment:%a %Y-%m-%d %H:%M %Z}" for moment in (first, last)]
        table.add_row(*written, ", ".join(part.persons) or "NOBODY")
    return table
