"""`dosewarden up`: the whole stack on this machine, with an invented ward day."""

import asyncio
import os

import click
from rich.console import Console

from services.cli.broker_option import in_production

_PIPED_WIDTH = 200


@click.command()
@click.option(
    "--demo", is_flag=True, help="End by itself; exit 1 unless everything expected came of the day."
)
@click.option("--kafka", default="", metavar="HOST:PORT", help="A Kafka to use, instead of an embedded one.")
@click.option(
    "--redis", default="", metavar="URL", help="A Redis or Valkey to use, instead of one of our own."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=5),
    default=30.0,
    show_default=True,
    help="How long the ward day takes, its waits not counted.",
)
def up(demo: bool, kafka: str, redis: str, seconds: float) -> None:
    """Start everything on this machine, play an invented ward day, and stay up until Ctrl-C.

    Without options the broker is an embedded stand-in (memory only). Servers that are given must be empty.
    """
    if in_production(os.environ):
        raise click.UsageError(
            "DOSEWARDEN_PROFILE is production, and `up` is a demonstration in clear: start the services by"
            " themselves, or with docker compose"
        )
    from services.launcher.app import Options, run
    from services.launcher.stack import Given

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    code = asyncio.run(run(Options(Given(kafka, redis), demo, seconds), console))
    if code:
        raise click.exceptions.Exit(code)
