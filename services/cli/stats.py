"""`dosewarden stats`: how well alerting works, counted from the history alone."""

from datetime import UTC, datetime

import click
from rich.console import Console

from services.cli.alert_view import as_json_text
from services.cli.audit import run
from services.cli.broker_option import kafka_option
from services.cli.stats_view import as_json, rate_in_words, table_of
from services.notifier.audit.reading import Unread, entries
from services.notifier.numbers.counting import By, grouped, numbers_of
from services.notifier.numbers.episodes import Episodes
from services.transit.kafka import Where

_WIDTH = 220


class Moment(click.ParamType):
    """A day, or an instant with its offset."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-11-01 or 2026-11-01T07:00:00+01:00", param, ctx)
        if moment.tzinfo is None and len(value) > len("2026-11-01"):
            self.fail(f"{value!r} needs an offset, such as +01:00 or Z", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@click.command()
@kafka_option
@click.option(
    "--since", type=Moment(), metavar="TIME", help="Only alerts that began then or later; a day is UTC."
)
@click.option("--by", type=click.Choice([by.value for by in By]), help="One row for each of these.")
@click.option(
    "--patient-days",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DAYS",
    help="Days that patients were in hospital in that time, from your own census.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")
def stats(
    kafka: Where, since: datetime | None, by: str | None, patient_days: float | None, json_wanted: bool
) -> None:
    """Count how well alerting works: time to ack, overrides, repeats, what was acted on.

    Every figure comes with what it was counted from; one that nothing could be counted for says so. Technical
    alerts are not counted.
    """
    unread, episodes = Unread(), Episodes()

    async def read() -> None:
        async for place in entries(kafka, unread):
            episodes.take(place.entry)

    run(read())
    every = list(episodes.since(since))
    total = numbers_of(every, patient_days)
    groups = grouped(every, By(by)) if by else {}
    if json_wanted:
        click.echo(
            as_json_text(
                {
                    "since": since.isoformat() if since else None,
                    "unreadable": unread.count,
                    "all": as_json(total),
                    "groups": {name: as_json(numbers) for name, numbers in groups.items()},
                }
            )
        )
        return
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table_of({**groups, "all": total}))
    click.echo(rate_in_words(total.pages_per_100_patient_days))
    if unread.count:
        click.echo(f"{unread.count} records of the history cannot be read and are not counted", err=True)
