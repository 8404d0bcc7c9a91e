"""`dosewarden alerts`: what is open, what is behind it, and the acknowledgement of whoever takes it on."""

import asyncio
import getpass
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from rich.console import Console

from schemas.alerts import ActionKind, AlertAction
from services.cli.alert_view import alert_as_json, as_json_text, show_alert, table_of
from services.cli.redis_option import redis_at, redis_option
from services.notifier.connection import Connection, StoreUnavailable
from services.notifier.reading import AlertReader, AmbiguousAlert, UnknownAlert
from services.notifier.store import AlertStore

Result = TypeVar("Result")
_PATIENCE_S = 5.0
_PIPED_WIDTH = 200
LONGEST_NOTE = 2_000

_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console


def _run(url: str, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    async def connected() -> Result:
        connection = Connection(redis_at(url), patience_s=_PATIENCE_S, connections=2)
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(connected())
    except (UnknownAlert, AmbiguousAlert, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from error


@click.group()
def alerts() -> None:
    """List, show and acknowledge alerts."""


@alerts.command(name="list")
@redis_option
@_json
@click.option("--all", "closed", is_flag=True, help="Also those that are resolved, withdrawn or moved.")
def list_(redis: str, json_wanted: bool, closed: bool) -> None:
    """List the alerts that hold, the loudest tier first, then the oldest."""

    async def work(connection: Connection) -> None:
        reader = AlertReader(connection)
        found = await reader.alerts(closed=closed)
        if json_wanted:
            click.echo(as_json_text([alert_as_json(alert) for alert in found]))
            return
        nows = [await reader.now(alert) for alert in found]
        _console().print(table_of(list(zip(found, nows, strict=True))))
        if not found:
            click.echo("No alert is open.", err=True)

    _run(redis, work)


@alerts.command()
@redis_option
@_json
@click.argument("alert_id", metavar="ID")
def show(redis: str, json_wanted: bool, alert_id: str) -> None:
    """Show one alert with its arithmetic, its sources and what became of it.

    The beginning of its ID will do.
    """

    async def work(connection: Connection) -> None:
        reader = AlertReader(connection)
        alert = await reader.find(alert_id)
        history = await reader.history(alert.id)
        if json_wanted:
            click.echo(as_json_text(alert_as_json(alert, history)))
        else:
            show_alert(_console(), alert, history, await reader.now(alert))

    _run(redis, work)


@alerts.command()
@redis_option
@click.argument("alert_id", metavar="ID")
@click.option("--note", default="", help="What you are going to do; kept in the history.")
@click.option("--actor", default=None, help="Who you are; else the name you are logged in with.")
@click.option(
    "--revision",
    type=click.IntRange(min=1),
    default=None,
    help="The revision that you have seen; a newer one is shown instead of acknowledged.",
)
def ack(redis: str, alert_id: str, note: str, actor: str | None, revision: int | None) -> None:
    """Acknowledge an alert: you have seen it and see to it. A worse dose voids the acknowledgement."""
    who = actor or getpass.getuser()
    if len(note) > LONGEST_NOTE:
        raise click.BadParameter(f"at most {LONGEST_NOTE} characters", param_hint="--note")

    async def work(connection: Connection) -> int:
        reader, store = AlertReader(connection), AlertStore(connection)
        alert = await reader.find(alert_id)
        answer = await store.act(
            AlertAction(
                key=uuid.uuid4().hex,
                alert_id=alert.id,
                action=ActionKind.ACKNOWLEDGE,
                revision=revision or alert.revision,
                episode=alert.episode,
                actor=who,
                note=note,
            )
        )
        now = await reader.find(alert.id)
        if answer.result == "done":
            click.echo(f"{alert.id} revision {now.revision} acknowledged by {who}")
            return 0
        if answer.result == "stale":
            click.echo(f"Not acknowledged: {alert.id} is at revision {now.revision} now.", err=True)
            show_alert(_console(), now, await reader.history(alert.id), await reader.now(now))
            return 1
        by = f" by {now.acked_by}" if now.acked_by else ""
        click.echo(f"Not acknowledged: {alert.id} is already {now.state.value}{by}.", err=True)
        return 1

    code = _run(redis, work)
    if code:
        raise click.exceptions.Exit(code)
