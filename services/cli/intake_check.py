"""`dosewarden intake check`: what the door would make of files; nothing is sent."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from services.cli.door_options import door_options, knowledge_options
from services.cli.intake_outcomes import Outcomes, OutcomesByFile
from services.intake.door import Door
from services.intake.formats import READERS
from services.intake.lines import BrokenFile
from services.safety.knowledge.loader import load
from services.safety.knowledge.problems import KnowledgeError


@click.command()
@door_options
@click.option("--each", is_flag=True, help="Also one line per file.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the counts as JSON.")
@knowledge_options
def check(
    fmt: str,
    paths: tuple[str, ...],
    zone: ZoneInfo,
    source: str | None,
    each: bool,
    json_wanted: bool,
    knowledge: Path | None,
    jurisdiction: str,
) -> None:
    """Read files as the door does and tell what becomes of them; nothing is sent.

    Not assessed are accepted statements with something in them that nobody can calculate with: an unknown
    unit, a dose in words only, a drug that the knowledge base does not know. Exit 0 however much is rejected,
    1 where a file could not be read.
    """
    try:
        base = load(knowledge, jurisdiction=jurisdiction, on=datetime.now(UTC).date(), zone=zone.key)
        outcomes = _outcomes(fmt, [Path(path) for path in paths], Door(source, zone), OutcomesByFile(base))
    except (BrokenFile, KnowledgeError) as error:
        raise click.ClickException(str(error)) from error
    if json_wanted:
        told = {"files": len(outcomes.files), **outcomes.all.as_json()}
        if each:
            told["each"] = {name: counts.as_json() for name, counts in sorted(outcomes.files.items())}
        click.echo(json.dumps(told))
        return
    if each:
        for name, counts in sorted(outcomes.files.items()):
            click.echo(f"{name}: {counts.as_line()}")
    click.echo(f"files {len(outcomes.files)}\n{outcomes.all.as_text()}")


def _outcomes(fmt: str, paths: list[Path], door: Door, outcomes: OutcomesByFile) -> OutcomesByFile:
    """Counts every reading; a file that holds nothing is listed with nothing. Raises `BrokenFile`."""
    outcomes.files.update({str(path): Outcomes() for path in paths if path.is_file()})
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("checking", total=None)
        for reading in READERS[fmt](paths, door):
            outcomes.count(reading)
            progress.advance(task)
    return outcomes
