"""What judging one event costs: `python -m benchmarks.judging`, without any broker, as Markdown.

Patients with fifteen drugs for fourteen days, judged event by event with the shipped knowledge and with a
large made-up base, in turn. Times are CPU times of the process around `Engine.step`, garbage collections
included where they fall.
"""

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, median, quantiles

import click

from benchmarks import report
from benchmarks.busy_stay import COMMON, DAYS, SEDATING, busy_stay
from benchmarks.chart import lines
from benchmarks.large_knowledge import enlarged
from benchmarks.workload import BEGIN, SITE
from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import load
from services.safety.processor.collecting import spare_the_lasting


@dataclass(frozen=True, slots=True)
class Cost:
    """One event: what kind it was, when it was received, microseconds of CPU of judging it."""

    kind: str
    at: datetime
    us: float

    @property
    def day(self) -> int:
        """The day of the stay, from 0."""
        return (self.at - BEGIN).days


def costs(knowledge: KnowledgeBase, facts: Sequence[PatientFact]) -> list[Cost]:
    """Each fact through a new engine, in order."""
    engine = Engine(knowledge, SITE, time_domain=TimeDomain.SIMULATED)
    state: PatientState | None = None
    found = []
    for fact in facts:
        begun = time.process_time_ns()
        state = engine.step(state, fact).state
        ended = time.process_time_ns()
        found.append(Cost(fact.kind, fact.received_at, (ended - begun) / 1e3))
    return found


def steadied(rounds: Sequence[Sequence[Cost]]) -> list[Cost]:
    """Each event at its median over the rounds."""
    return [
        Cost(same[0].kind, same[0].at, median(cost.us for cost in same)) for same in zip(*rounds, strict=True)
    ]


def row(title: str, every: Sequence[Cost]) -> str:
    """Median, 90th and 99th percentile and mean in microseconds."""
    us = [cost.us for cost in every]
    hundredths = quantiles(us, n=100)
    figures = (median(us), hundredths[89], hundredths[98], mean(us))
    return f"| {title} | {len(us):,} | {' | '.join(f'{figure:.0f}' for figure in figures)} |"


def by_day(every: Sequence[Cost]) -> list[float]:
    """The mean of each day of the stay."""
    return [mean(cost.us for cost in every if cost.day == day) for day in range(DAYS)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", default=5, show_default=True, help="Rounds of each base, in turn.")
@click.option(
    "--collections",
    type=click.Choice(["worker", "python", "none"]),
    default="worker",
    show_default=True,
    help="Garbage collections as in a worker, as Python has them by itself, or none.",
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Where to draw the days, as SVG."
)
def main(rounds: int, collections: str, plot: Path | None) -> None:
    """Print what judging costs with both bases."""
    shipped = load()
    bases = {"shipped": shipped, "large": enlarged(shipped)}
    stays = {"common": busy_stay(COMMON), "sedating": busy_stay(SEDATING)}
    if collections == "worker":
        spare_the_lasting()
    elif collections == "none":
        gc.disable()
    measured: dict[str, list[list[Cost]]] = {}
    for _ in range(rounds):
        for drugs, facts in stays.items():
            for base, knowledge in bases.items():
                measured.setdefault(f"{drugs} drugs, {base} base", []).append(costs(knowledge, facts))
    events = " and ".join(f"{len(facts):,}" for facts in stays.values())
    told = f"{events} events, {DAYS} days, {rounds} rounds; collections: {collections}"
    click.echo(f"{told}; {report.machine()}\n")
    click.echo("| us per event | events | median | p90 | p99 | mean |\n| --- | --- | --- | --- | --- | --- |")
    for title, all_rounds in measured.items():
        raw = [cost for each in all_rounds for cost in each]
        click.echo(row(title, raw))
        click.echo(row(f"{title}: doses", [cost for cost in raw if cost.kind == "administration"]))
    click.echo("\n| mean us by day of stay | " + " | ".join(str(day + 1) for day in range(DAYS)) + " |")
    click.echo("| --- |" + " --- |" * DAYS)
    days = {title: by_day(steadied(all_rounds)) for title, all_rounds in measured.items()}
    for title, means in days.items():
        click.echo(f"| {title} | " + " | ".join(f"{us:.0f}" for us in means) + " |")
    if plot is not None:
        plot.write_text(lines("mean us of judging an event, by day of stay", days))


if __name__ == "__main__":
    main()
