"""What comes out of real stays, per check and per 100 patient-days, as Markdown: would a pharmacist want it?

`python -m benchmarks.real_stays DIRECTORY` reads the MIMIC-III tables in place. A page is an issue raised or
worsened that may page by the shipped tiers and was not told before in its episode. Settling is not counted:
an issue that ends within half a minute counts as a page here.
"""

from collections import Counter
from pathlib import Path

import click

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue, Transition
from services.intake.door import Door
from services.intake.formats import read
from services.intake.ordering import with_unreadable
from services.notifier.findings.paging import calls
from services.notifier.tiers import SHIPPED_TIERS, load_tiers
from services.safety.engine.engine import Engine
from services.safety.knowledge.loader import load
from services.safety.patient_days import patient_days
from services.safety.replaying import Replay

Kind = tuple[str, str, str]


def facts(directory: Path) -> list[PatientFact]:
    """Every fact of the tables in the order in which the source stored it."""
    door = Door()
    found = (event for _, event in with_unreadable(read("mimic3", [directory], door), door))
    return [event for event in found if isinstance(event, PatientFact)]


def kind(issue: DetectedIssue) -> Kind:
    """What an issue is about: check, reason where something was not assessed, drugs."""
    return (issue.check, issue.reason.value if issue.reason else "", ", ".join(issue.subjects))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(directory: Path) -> None:
    """Print what the stays in DIRECTORY come to."""
    events = facts(directory)
    replay = Replay(Engine(load(), SiteKey(b"figures"), time_domain=TimeDomain.SIMULATED))
    told = list(replay.transitions(events))
    days = patient_days(events)
    tiers = load_tiers(SHIPPED_TIERS)
    raised = Counter(issue.check for issue in told if issue.transition is Transition.RAISED)
    worse = Counter(issue.check for issue in told if issue.transition is Transition.WORSENED)
    paged = Counter(issue.check for issue in told if calls(issue, tiers))
    patients = len({event.patient for event in events})
    click.echo(
        f"{len(events):,} events, {patients} patients, {days:,.0f} patient-days, {len(told):,} transitions"
    )
    click.echo("\n| check | raised | per 100 patient-days | worsened | pages | per 100 patient-days |")
    click.echo("| --- | --- | --- | --- | --- | --- |")
    for check, count in raised.most_common():
        row = (check, count, f"{100 * count / days:.1f}", worse[check], paged[check])
        click.echo(f"| {' | '.join(map(str, row))} | {100 * paged[check] / days:.1f} |")
    for title, chosen in (
        ("raised", [issue for issue in told if issue.transition is Transition.RAISED]),
        ("paged", [issue for issue in told if calls(issue, tiers)]),
    ):
        click.echo(f"\n| most often {title} | times | patients |\n| --- | --- | --- |")
        who: dict[Kind, set[str]] = {}
        for issue in chosen:
            who.setdefault(kind(issue), set()).add(issue.patient)
        for what, count in Counter(map(kind, chosen)).most_common(10):
            click.echo(f"| {': '.join(filter(None, what))} | {count} | {len(who[what])} |")


if __name__ == "__main__":
    main()
