"""`dosewarden alerts`: what is open, what is behind it, and the answers of whoever takes it on."""

import getpass

import click

from services.cli.alert_answers import ANSWERS
from services.cli.alert_silences import silence
from services.cli.alert_store import asked, output
from services.cli.alert_view import Row, alert_as_json, as_json_text, show_alert, table_of
from services.cli.redis_option import redis_option
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection, StoreUnavailable
from services.notifier.store.reading import AlertReader
from services.notifier.together.counting import low_pages, why_it_waits

_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")


@click.group()
def alerts() -> None:
    """List, show and answer alerts."""


@alerts.command(name="list")
@redis_option
@_json
@click.option("--all", "closed", is_flag=True, help="Also those that are resolved, withdrawn or moved.")
def list_(redis: str, json_wanted: bool, closed: bool) -> None:
    """List the alerts that hold, the loudest tier first, then the oldest.

    STEP: how many steps of the plan were told, of how many. NEXT: when time alone changes something, such
    as the next step, or the end of what somebody holds.
    """

    async def work(connection: Connection) -> None:
        reader = AlertReader(connection)
        found = await reader.alerts(closed=closed)
        due = await reader.due(found)
        if json_wanted:
            content = [alert_as_json(alert, due=at) for alert, at in zip(found, due, strict=True)]
            click.echo(as_json_text(content))
            return
        nows = [await reader.now(alert) for alert in found]
        output().print(table_of([Row(*row) for row in zip(found, nows, due, strict=True)]))
        if not found:
            click.echo("No alert is open.", err=True)
        if said := (await low_pages(connection)).said:
            click.echo(f"{said}.", err=True)

    asked(redis, work)


@alerts.command()
@redis_option
@_json
@click.option("--as", "person", default=None, help="Who you are; else the name you are logged in with.")
@click.argument("alert_id", metavar="ID")
def show(redis: str, json_wanted: bool, person: str | None, alert_id: str) -> None:
    """Show one alert with its arithmetic, its sources and what became of it.

    The beginning of its ID will do. That you looked is kept in its history.
    """
    who = person or getpass.getuser()

    async def work(connection: Connection) -> None:
        reader = AlertReader(connection)
        alert = await reader.find(alert_id)
        history = await reader.history(alert.id)
        if json_wanted:
            (due,) = await reader.due([alert])
            click.echo(as_json_text(alert_as_json(alert, history, due)))
        else:
            show_alert(output(), alert, history, await reader.now(alert))
            for line in await why_it_waits(connection, alert.id):
                click.echo(line)
        try:
            await AlertStore(connection).look(alert, who)
        except StoreUnavailable:
            click.echo("That you looked could not be kept: the store takes no writes.", err=True)

    asked(redis, work)


alerts.add_command(silence)
for answer in ANSWERS:
    alerts.add_command(answer)
