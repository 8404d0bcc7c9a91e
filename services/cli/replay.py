"""`dosewarden replay`: what the pure core makes of files, offline, one JSON line per issue."""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson

from schemas.base import TimeDomain
from schemas.clinical import PatientFact, SourceHeartbeat
from schemas.identity import SiteKey
from services.cli.disorder import disordered
from services.cli.door_options import door_options
from services.intake.door import Door
from services.intake.formats import read
from services.intake.keying import keyed
from services.intake.lines import BrokenFile
from services.intake.ordering import with_unreadable
from services.intake.reading import Rejected
from services.intake.site_key import NoSiteKey, site_key
from services.intake.tally import Tally
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError
from services.safety.replaying import Held, Replay, history_line, line, transition_line

_OFFLINE = SiteKey(b"offline replay, no site")
"""Issue ids of a replay without a site key: repeatable, and of no site."""

Line = dict[str, Any]


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is no ISO 8601 time, for example 2026-03-02T08:00:00Z"
        ) from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@click.command()
@door_options
@click.option(
    "--until",
    callback=_instant,
    metavar="TIME",
    default=None,
    help="Let time go on until then (UTC unless it has an offset), all sources alive; else each patient ends "
    "with its last event.",
)
@click.option("--transitions", is_flag=True, help="One line per transition, in order.")
@click.option("--history", is_flag=True, help="One line per interval in which an issue held.")
@click.option("--shuffle", type=int, default=None, metavar="SEED", help="Take the events in another order.")
@click.option(
    "--duplicate", type=click.FloatRange(0, 1), default=0.0, metavar="P", help="Take a share of them twice."
)
@click.option(
    "--knowledge",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    envvar="DOSEWARDEN_KNOWLEDGE",
    metavar="DIR",
    help="The site's overlay; else DOSEWARDEN_KNOWLEDGE.",
)
@click.option(
    "--jurisdiction",
    default="US",
    envvar="DOSEWARDEN_JURISDICTION",
    show_default=True,
    help="Whose rows hold.",
)
def replay(
    fmt: str,
    paths: tuple[str, ...],
    zone: ZoneInfo,
    source: str | None,
    until: datetime | None,
    transitions: bool,
    history: bool,
    shuffle: int | None,
    duplicate: float,
    knowledge: Path | None,
    jurisdiction: str,
) -> None:
    """Judge files offline: one JSON line per issue that is open at the end.

    Events are received when their source stored them, in that order. What cannot be understood shows as not
    assessed at its patient. `patient` is the source's own id. Issue ids are those of a site where its key is
    in DOSEWARDEN_SITE_KEY_FILE or DOSEWARDEN_SITE_KEY.
    """
    if transitions and history:
        raise click.UsageError("--transitions and --history are two different answers; ask for one of them")
    tally = Tally()
    try:
        site = site_key(os.environ) if _has_key() else _OFFLINE
        facts = list(
            _facts(read(fmt, [Path(path) for path in paths], Door(source, zone)), Door(source, zone), tally)
        )
        base = load(knowledge, jurisdiction=jurisdiction, zone=zone.key)
    except (NoSiteKey, BrokenFile, KnowledgeError) as error:
        raise click.ClickException(str(error)) from error
    owners = {site.patient_key(fact.patient): fact.patient for fact in facts}
    events = disordered([keyed(fact, site) for fact in facts], shuffle=shuffle, duplicate=duplicate)
    player = Replay(Engine(base, site, time_domain=TimeDomain.SIMULATED))
    if transitions:
        found: Iterable[Line] = map(transition_line, player.transitions(events, until))
    else:
        judged = player.history(events, until) if history else player.open_at_end(events, until)
        lines = (history_line(item) if isinstance(item, Held) else line(item) for item in judged)
        found = sorted(lines, key=lambda item: _place(item, owners))
    for item in found:
        sys.stdout.buffer.write(orjson.dumps(item | {"patient": owners[item["patient"]]}) + b"\n")
    sys.stdout.buffer.flush()
    click.echo(tally.as_text(), err=True)


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


def _place(item: Line, owners: dict[str, str]) -> tuple[str, str, str, str]:
    return (owners[item["patient"]], item.get("from", ""), item["check"], item["issue_id"])
