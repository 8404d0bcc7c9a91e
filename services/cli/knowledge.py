"""`dosewarden knowledge`: is the base sound, and what does it say of a drug, with every source."""

import difflib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from schemas.base import TimeDomain
from schemas.medications import Medication
from services.cli import activate as activation
from services.cli.broker_option import kafka_option
from services.cli.everywhere import Deployment
from services.cli.knowledge_coverage import coverage as coverage_of
from services.cli.knowledge_coverage import coverage_table, without_rxnorm
from services.cli.knowledge_diff import compare
from services.cli.knowledge_schema import printed, written
from services.cli.knowledge_view import census_table, drug_as_json, show_drug
from services.cli.knowledge_without_limit import without_limit
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.census import census
from services.safety.knowledge.loader import DEFAULT_JURISDICTION, DEFAULT_ZONE, layers, load
from services.safety.knowledge.models import Drug
from services.safety.knowledge.problems import KnowledgeError
from services.transit.kafka import Where

_PIPED_WIDTH = 160
OVERLAY_VARIABLE = "DOSEWARDEN_KNOWLEDGE"

_directory = click.Path(exists=True, file_okay=False, path_type=Path)
_overlay = click.option(
    "--overlay",
    envvar=OVERLAY_VARIABLE,
    type=_directory,
    metavar="DIR",
    help=f"The site's own rows, laid over the shipped ones; else {OVERLAY_VARIABLE}.",
)
_jurisdiction = click.option(
    "--jurisdiction",
    envvar="DOSEWARDEN_JURISDICTION",
    default=DEFAULT_JURISDICTION,
    show_default=True,
    metavar="CC",
    help="Whose rows hold, as a country code; else DOSEWARDEN_JURISDICTION.",
)

_zone = click.option(
    "--zone",
    envvar="DOSEWARDEN_ZONE",
    default=DEFAULT_ZONE,
    show_default=True,
    metavar="IANA",
    help="The facility's time zone, as the safety workers have it; else DOSEWARDEN_ZONE.",
)


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console


@click.group()
def knowledge() -> None:
    """Check and read the medical facts that judgement rests on."""


@knowledge.command()
@click.argument("directories", nargs=-1, type=_directory, metavar="[DIR]...")
def check(directories: tuple[Path, ...]) -> None:
    """Check every file of the shipped base, and of each DIR laid over it.

    DIR is a site's directory; without any, DOSEWARDEN_KNOWLEDGE is checked if it is set. Every error is told,
    with its file, its line and its cure. Exit code 1 if there is one.
    """
    named: tuple[Path | None, ...] = directories
    if not named:
        variable = os.environ.get(OVERLAY_VARIABLE)
        named = (Path(variable),) if variable else (None,)
    sound = True
    for directory in named:
        shipped, site, problems = layers(directory)
        for problem in sorted(set(problems)):
            click.echo(str(problem))
        sound = sound and not problems
        counted = census(one.value for layer in (shipped, site) for one in layer.rows())
        _console().print(
            census_table(counted, f"Rows of the shipped base and {directory}" if directory else "")
        )
        click.echo(f"{len(problems)} errors" if problems else "no errors", err=True)
    if not sound:
        raise click.exceptions.Exit(1)


@knowledge.command()
@click.argument("name", metavar="DRUG")
@_overlay
@_jurisdiction
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of tables.")
def show(name: str, overlay: Path | None, jurisdiction: str, json_wanted: bool) -> None:
    """Show what the base says of DRUG (an ingredient, a salt or a brand), with sources and quotes."""
    base = _loaded(overlay, jurisdiction)
    drug = _drug(base, name)
    if json_wanted:
        click.echo(json.dumps(drug_as_json(base, drug), ensure_ascii=False, indent=2))
    else:
        show_drug(_console(), base, drug)


@knowledge.command()
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--write",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write all schemas there, and print the VS Code settings that use them.",
)
def schema(file: str | None, directory: Path | None) -> None:
    """Give editors the JSON Schema (2020-12) of each kind of file, so that they complete and check it.

    FILE is a name within a knowledge directory, such as drugs/baclofen.yaml: its schema is printed. Without
    FILE and --write, the schemas and the files that they are for are listed.
    """
    if directory is not None and file is not None:
        raise click.UsageError("name a file, or a directory to write to, not both")
    click.echo(written(directory) if directory is not None else printed(file))


@knowledge.command()
@_overlay
@_jurisdiction
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of a table.")
def coverage(overlay: Path | None, jurisdiction: str, json_wanted: bool) -> None:
    """Show which check has rules for which drug.

    "in force": a finding is shown, and pages unless minor; "shadow": all rules are drafts, and a finding is
    only recorded; "no rule": the drug is known, and this check can find nothing in it. Daily limits also
    serve prescribed and projected doses. "no dose limit": of the drug, or by that route, nothing in force
    says how much is too much: whoever gets it so is told as not assessed. By a route, those are named of
    which another row says that they are given so. "no RxNorm code": the drug has rules, and is recognised
    by name (or another code); stated by its RxNorm ingredient code alone it is an unmapped drug.
    """
    base = _loaded(overlay, jurisdiction)
    covered = coverage_of(base)
    uncoded, unlimited = without_rxnorm(base, covered), without_limit(base)
    if json_wanted:
        told = {
            "drugs": covered,
            "no_dose_limit": unlimited.as_json(),
            "rules_but_no_rxnorm_code": uncoded,
        }
        click.echo(json.dumps(told, indent=2))
    else:
        _console().print(coverage_table(covered, uncoded, unlimited))


@knowledge.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_jurisdiction
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of text.")
@click.option("--exit-code", "told_by_code", is_flag=True, help="End with exit code 1 if they differ.")
def diff(old: str, new: str, jurisdiction: str, json_wanted: bool, told_by_code: bool) -> None:
    """Show what NEW says otherwise than OLD: rows, drugs, classes, policy, codes, field by field.

    OLD and NEW are a site's directory (laid over the shipped base), the directory of a whole base (one that
    has all that the shipped one has), or the word "shipped". Exit code 2 if one of them does not load.
    """
    if compare(old, new, jurisdiction, json_wanted=json_wanted) and told_by_code:
        raise click.exceptions.Exit(1)


@knowledge.command()
@_overlay
@_jurisdiction
@_zone
@kafka_option
@click.option(
    "--time-domain",
    type=click.Choice([domain.value for domain in TimeDomain]),
    default=TimeDomain.LIVE.value,
    envvar="DOSEWARDEN_TIME_DOMAIN",
    show_default=True,
    help="As the safety workers have it; else DOSEWARDEN_TIME_DOMAIN.",
)
@click.option("--shadow", is_flag=True, help="Only compare: count what would change, tell nobody.")
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --shadow waits for the safety workers.",
)
def activate(
    overlay: Path | None,
    jurisdiction: str,
    zone: str,
    kafka: Where,
    time_domain: str,
    shadow: bool,
    patience: float,
) -> None:
    """Judge every patient by the version of this directory from now on, idle ones as well.

    What differs is told. The safety workers need the same directory, as DOSEWARDEN_KNOWLEDGE or, to go on
    without a restart, as DOSEWARDEN_KNOWLEDGE_NEXT; a worker that does not have it stops with exit code 3.

    With --shadow they judge on as before, and this command shows what would be told. Exit code 1 if some
    patients were not looked at.
    """
    version = activation.version_of(overlay, jurisdiction, zone)
    where = Deployment(kafka, TimeDomain(time_domain))
    if not shadow:
        click.echo(activation.activate(version, where))
        return
    comparison = activation.compare(version, where, patience)
    click.echo(f"knowledge version {version} in shadow")
    _console().print(comparison.table())
    for problem in comparison.problems():
        click.echo(problem, err=True)
    if not comparison.whole:
        raise click.exceptions.Exit(1)


def _loaded(overlay: Path | None, jurisdiction: str) -> KnowledgeBase:
    try:
        return load(overlay, jurisdiction=jurisdiction, on=datetime.now(UTC).date())
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from error


def _drug(base: KnowledgeBase, name: str) -> Drug:
    for ingredient in (name.strip().lower(), *base.product(Medication(text=name)).ingredients):
        drug = base.drug(ingredient)
        if drug is not None:
            return drug
    names = {other: drug.drug for drug in base.drugs.values() for other in (drug.drug, *drug.names)}
    near = sorted({names[close] for close in difflib.get_close_matches(name.lower(), names, n=3)})
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise click.ClickException(f"{name!r} is no drug of the knowledge base{hint}")
