"""`dosewarden policy`: is the site's policy sound, and who would be told what, when."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from services.cli.policy_checks import unknown_checks
from services.cli.policy_options import directory_argument, instant, loaded
from services.cli.policy_rota import rota
from services.cli.policy_view import foreseen, foreseen_as_json, foreseen_table
from services.notifier.policy.deciding import Subject
from services.notifier.policy.foreseeing import DEFAULT_DAYS, gaps_ahead, untold_ahead

_PIPED_WIDTH = 160


@click.group()
def policy() -> None:
    """Check and read the site's policy: who is told what, when."""


policy.add_command(rota)


@policy.command()
@directory_argument
@click.option(
    "--channels",
    envvar="DOSEWARDEN_CHANNELS",
    default="",
    metavar="NAMES",
    help="The channels that are set up, with commas; else DOSEWARDEN_CHANNELS. Without it any name will do.",
)
@click.option("--days", type=click.IntRange(0, 366), default=DEFAULT_DAYS, show_default=True)
def check(directory: Path, channels: str, days: int) -> None:
    """Check the policy in DIR, else in DOSEWARDEN_POLICIES, and its rotas for the next days.

    Every error is told, with its file, its line and its cure; exit code 1 if there is one. A step that would
    tell nobody is an error. A rota that has a gap is a warning as long as its steps name somebody else too.
    """
    found = loaded(directory, channels)
    now = datetime.now(UTC)
    for problem in gaps_ahead(found.written, found.policy, now, days):
        click.echo(f"warning: {problem}")
    errors = [
        *unknown_checks(found.written),
        *untold_ahead(found.written, found.policy, now, days),
    ]
    for problem in errors:
        click.echo(str(problem))
    routes = found.policy.routes
    click.echo(
        f"{len(routes.routes)} routes for {len(routes.wards)} wards, {len(found.policy.rotas)} rotas, "
        f"{len(found.policy.people.by_id)} people; version {found.policy.version}"
    )
    click.echo(f"{len(errors)} errors" if errors else "no errors", err=True)
    if errors:
        raise click.exceptions.Exit(1)


@policy.command()
@directory_argument
@click.option("--ward", default="", help="The ward of the alert, as the clinical systems call it.")
@click.option("--tier", type=click.IntRange(1, 4), required=True, help="1 is the loudest; 4 never pages.")
@click.option("--check", "check_id", default="", metavar="CHECK", help="The check, for example interaction.")
@click.option("--technical", is_flag=True, help="An alert about DoseWarden itself.")
@click.option("--at", metavar="INSTANT", help='"2026-12-24 14:00" by the ward\'s clock; now if left out.')
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")
def simulate(
    directory: Path, ward: str, tier: int, check_id: str, technical: bool, at: str | None, json_wanted: bool
) -> None:
    """Show who would be told of an alert that nobody answers, when, and by what.

    Exit code 1 if a step would find nobody on duty.
    """
    policy_ = loaded(directory).policy
    if tier == _NEVER_PAGED and not technical:
        click.echo("an alert of tier 4 is listed and pages nobody")
        return
    subject = Subject(ward=ward, tier=tier, check=check_id, technical=technical, patient="")
    found = foreseen(policy_, subject, instant(at, policy_.zone))
    if json_wanted:
        click.echo(json.dumps(foreseen_as_json(found), indent=2))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = _PIPED_WIDTH
        console.print(foreseen_table(found, policy_.zone))
    if not all(telling.targets for telling in found.tellings):
        raise click.exceptions.Exit(1)


_NEVER_PAGED = 4
