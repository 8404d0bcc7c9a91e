"""`dosewarden replay`: what the pure core makes of files, offline, one JSON line per issue."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import orjson

from schemas.base import TimeDomain
from services.cli.disorder import disordered
from services.cli.door_options import door_options, knowledge_options
from services.cli.told_facts import instant, told_facts
from services.intake.door import Door
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError
from services.safety.replaying import Held, Replay, history_line, line, transition_line

Line = dict[str, Any]


@click.command()
@door_options
@click.option(
    "--until",
    callback=instant,
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
@knowledge_options
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
    told = told_facts(fmt, paths, Door(source, zone))
    owners = told.owners
    try:
        base = load(knowledge, jurisdiction=jurisdiction, on=datetime.now(UTC).date(), zone=zone.key)
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from error
    events = disordered(told.events, shuffle=shuffle, duplicate=duplicate)
    player = Replay(Engine(base, told.site, time_domain=TimeDomain.SIMULATED))
    if transitions:
        found: Iterable[Line] = map(transition_line, player.transitions(events, until))
    else:
        judged = player.history(events, until) if history else player.open_at_end(events, until)
        lines = (history_line(item) if isinstance(item, Held) else line(item) for item in judged)
        found = sorted(lines, key=lambda item: _place(item, owners))
    for item in found:
        sys.stdout.buffer.write(orjson.dumps(item | {"patient": owners[item["patient"]]}) + b"\n")
    sys.stdout.buffer.flush()
    click.echo(told.tally.as_text(), err=True)


def _place(item: Line, owners: dict[str, str]) -> tuple[str, str, str, str]:
    return (owners[item["patient"]], item.get("from", ""), item["check"], item["issue_id"])
