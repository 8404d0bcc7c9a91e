"""What the commands about a policy share: where it lies, and instants as people write them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from services.notifier.policy.files import BadPolicy, Loaded, load_with_places

VARIABLE = "DOSEWARDEN_POLICIES"

directory_argument = click.argument(
    "directory",
    envvar=VARIABLE,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="[DIR]",
)
directory_option = click.option(
    "--policies",
    "directory",
    envvar=VARIABLE,
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"The directory of the policy; else {VARIABLE}.",
)


def loaded(directory: Path, channels: str = "") -> Loaded:
    """The policy, or an exit that says all that is wrong with it. `channels`: names with commas; "": any."""
    names = frozenset(name.strip() for name in channels.split(",") if name.strip())
    try:
        return load_with_places(directory, names or None)
    except BadPolicy as error:
        raise click.ClickException(str(error)) from error


def instant(written: str | None, zone: ZoneInfo) -> datetime:
    """An instant from "2026-12-24 14:00" by the ward's clock, or with an offset; without one, now."""
    if written is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(written)
    except ValueError as error:
        raise click.UsageError(f"{written!r} is no instant; write it as 2026-12-24 14:00") from error
    return (given if given.tzinfo is not None else given.replace(tzinfo=zone)).astimezone(UTC)
