"""Which rejections a command is about: the options that `dosewarden rejected ...` share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from services.intake.rejected.topic import Entry

Command = TypeVar("Command", bound=Callable[..., Any])
_AGO = re.compile(r"(\d{1,6}) ?(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

json_option = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rejection must be to be meant; None takes everything."""

    reason: str | None = None
    door: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    patient: str | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing was asked for."""
        return self == Wanted()

    def takes(self, entry: Entry) -> bool:
        """Whether this rejection is meant."""
        rejected = entry.rejected
        return (
            self.reason in (None, rejected.reason)
            and self.door in (None, door_of(entry))
            and self.source in (None, rejected.source)
            and self.patient in (None, rejected.mark.patient if rejected.mark is not None else "")
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )


def door_of(entry: Entry) -> str:
    """Where it was rejected: the door, or the service behind the doors."""
    return entry.rejected.origin.door or entry.rejected.hop


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    ago = _AGO.fullmatch(value.strip())
    if ago is not None:
        return datetime.now(UTC) - int(ago[1]) * _UNITS[ago[2]]
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is neither a time (2026-03-02T08:00:00Z; UTC without an offset) nor how long ago (2h)"
        ) from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


since_option = click.option(
    "--since",
    callback=_instant,
    default=None,
    metavar="T",
    help="Rejected at T or later; also 30min, 2h, 3d.",
)


def wanted_options(command: Command) -> Command:
    """Add --reason, --door, --source, --since, --until and --patient."""
    for option in (
        click.option("--patient", default=None, metavar="KEY", help="That left a mark at this patient key."),
        click.option("--until", callback=_instant, default=None, metavar="T", help="Rejected before T."),
        since_option,
        click.option("--source", default=None, metavar="NAME", help="Who spoke."),
        click.option(
            "--door", default=None, help="Where: fhir, hl7v2, events, kafka, mimic3, safety, notifier."
        ),
        click.option("--reason", default=None, help="Why, for example unknown-status."),
    ):
        command = option(command)
    return command
