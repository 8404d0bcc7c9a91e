"""What files state about patients, offline, under the site's patient keys: for `replay` and `backtest`."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.stream_events import SourceHeartbeat
from services.intake.door import Door
from services.intake.formats import read
from services.intake.keying import keyed
from services.intake.lines import BrokenFile
from services.intake.ordering import with_unreadable
from services.intake.reading import Rejected
from services.intake.site_key import NoSiteKey, site_key
from services.intake.tally import Tally

_OFFLINE = SiteKey(b"offline replay, no site")
"""Issue ids of a replay without a site key: repeatable, and of no site."""


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """The facts in order of receipt, and which source's id stands behind each patient key."""

    site: SiteKey
    events: list[PatientFact]
    owners: dict[str, str]
    tally: Tally


def told_facts(fmt: str, paths: Sequence[str], door: Door) -> ToldFacts:
    """Read files through their door. Raises `click.ClickException` where one cannot be read at all."""
    tally = Tally()
    try:
        site = site_key(os.environ) if _has_key() else _OFFLINE
        facts = list(_facts(read(fmt, [Path(path) for path in paths], door), door, tally))
    except (NoSiteKey, BrokenFile) as error:
        raise click.ClickException(str(error)) from error
    owners = {site.patient_key(fact.patient): fact.patient for fact in facts}
    return ToldFacts(site, [keyed(fact, site) for fact in facts], owners, tally)


def _has_key() -> bool:
    return bool(os.environ.get("DOSEWARDEN_SITE_KEY_FILE") or os.environ.get("DOSEWARDEN_SITE_KEY"))


def _facts(readings: Iterator[Any], door: Door, tally: Tally) -> Iterator[PatientFact]:
    """What the readings state about patients; those that state nothing are only counted."""
    unnamed = 0
    for reading, event in with_unreadable(readings, door):
        tally.count(reading)
        if (
            event is not None
            and not isinstance(event, SourceHeartbeat)
            and event.kind != "knowledge-activated"
        ):
            yield event
        elif isinstance(reading, Rejected):
            unnamed += 1
    if unnamed:
        click.echo(f"{unnamed} rejected readings name no patient", err=True)


def instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """An option's ISO 8601 time; UTC unless it has an offset."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is no ISO 8601 time, for example 2026-03-02T08:00:00Z"
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
