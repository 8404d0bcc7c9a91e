"""`dosewarden backtest`: the same files judged by two knowledge versions, and what that changes."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from schemas.base import TimeDomain
from services.cli.backtest_tables import show
from services.cli.backtest_view import Backtest, as_json
from services.cli.door_options import door_options
from services.cli.knowledge_sides import Side, side
from services.cli.told_facts import ToldFacts, instant, told_facts
from services.intake.door import Door
from services.notifier.findings.paging import calls
from services.notifier.tiers import SHIPPED_TIERS, BadTierPolicy, TierPolicy, load_tiers
from services.safety.backtesting import Version, version
from services.safety.engine.engine import Engine
from services.safety.patient_days import patient_days
from services.safety.replaying import Replay

_PIPED_WIDTH = 160


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@door_options
@click.option(
    "--until",
    callback=instant,
    metavar="TIME",
    default=None,
    help="Let time go on until then (UTC unless it has an offset), all sources alive; else each patient ends "
    "with its last event.",
)
@click.option(
    "--jurisdiction",
    default="US",
    envvar="DOSEWARDEN_JURISDICTION",
    show_default=True,
    help="Whose rows hold.",
)
@click.option(
    "--tiers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=SHIPPED_TIERS,
    metavar="FILE",
    help="Which severities page; else the shipped policy.",
)
@click.option(
    "--most", type=click.IntRange(0), default=50, show_default=True, help="List at most so many issues."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON, every issue included.")
def backtest(
    a: str,
    b: str,
    fmt: str,
    paths: tuple[str, ...],
    zone: ZoneInfo,
    source: str | None,
    until: datetime | None,
    jurisdiction: str,
    tiers: Path,
    most: int,
    json_wanted: bool,
) -> None:
    """Judge files by two knowledge versions: which issues appear, vanish or change, and what would page.

    A and B are a site's directory (laid over the shipped base), the directory of a whole base, or the word
    "shipped". Events are received when their source stored them, in that order. Nothing is sent to anybody.
    Exit code 2 if A or B does not load.
    """
    one, other = side(a, jurisdiction, zone.key), side(b, jurisdiction, zone.key)
    try:
        policy = load_tiers(tiers)
    except BadTierPolicy as error:
        raise click.UsageError(str(error)) from error
    told = told_facts(fmt, paths, Door(source, zone))
    result = Backtest(
        one,
        other,
        _judged(one, told, until, policy),
        _judged(other, told, until, policy),
        events=len(told.events),
        owners=told.owners,
        days=patient_days(told.events),
    )
    if json_wanted:
        click.echo(json.dumps(as_json(result), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = _PIPED_WIDTH
        show(console, result, most)
    click.echo(told.tally.as_text(), err=True)


def _judged(judge: Side, told: ToldFacts, until: datetime | None, policy: TierPolicy) -> Version:
    engine = Engine(judge.base, told.site, time_domain=TimeDomain.SIMULATED)
    transitions = Replay(engine).transitions(told.events, until)
    return version(judge.base.version, transitions, lambda issue: calls(issue, policy))
