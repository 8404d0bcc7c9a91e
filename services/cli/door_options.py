"""What commands on files ask alike: the format, the paths, the facility's zone, and whose knowledge holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from services.intake.formats import READERS

Command = TypeVar("Command", bound=Callable[..., Any])


def zone_of(_context: click.Context, _parameter: click.Parameter, value: str | None) -> ZoneInfo | None:
    """The zone of a name; None where none is given."""
    try:
        return ZoneInfo(value) if value is not None else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(f"{value!r} is no IANA time zone, for example Europe/Vienna") from error


def door_options(command: Command) -> Command:
    """Add --format, PATH..., --zone and --source."""
    for option in (
        click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True)),
        click.option(
            "--source",
            default=None,
            metavar="NAME",
            help="Who speaks; else what the data says, or the format.",
        ),
        click.option(
            "--zone",
            default="UTC",
            envvar="DOSEWARDEN_ZONE",
            show_default=True,
            callback=zone_of,
            metavar="IANA",
            help="The facility's zone, for times without an offset and clock times of orders.",
        ),
        click.option(
            "--format", "fmt", required=True, type=click.Choice(sorted(READERS)), help="How PATH is written."
        ),
    ):
        command = option(command)
    return command


def knowledge_options(command: Command) -> Command:
    """Add --knowledge and --jurisdiction."""
    for option in (
        click.option(
            "--jurisdiction",
            default="US",
            envvar="DOSEWARDEN_JURISDICTION",
            show_default=True,
            help="Whose rows hold.",
        ),
        click.option(
            "--knowledge",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=None,
            envvar="DOSEWARDEN_KNOWLEDGE",
            metavar="DIR",
            help="The site's overlay; else DOSEWARDEN_KNOWLEDGE.",
        ),
    ):
        command = option(command)
    return command
