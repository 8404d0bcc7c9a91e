"""A backtest as tables for people, and its issues a line or three each."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table

from services.cli.backtest_view import APPEARS, CHANGES, SAME, VANISHES, Backtest, checks, rules, what
from services.safety.backtesting import Compared, Told, compared


def show(console: Console, result: Backtest, most: int) -> None:
    """Print the counts by check, the pages by rule, and at most so many issues."""
    days = f"{result.days:,.1f} patient-days" if result.days > 0 else "patient-days not known: no rates"
    console.print(f"A  {result.a.base.version}  {result.a.origin}")
    console.print(f"B  {result.b.base.version}  {result.b.origin}")
    console.print(f"{result.events:,} events, {len(result.owners)} patients, {days}")
    console.print(_check_table(result))
    console.print(_rule_table(result))
    differing = [one for one in compared(result.told_a, result.told_b) if what(one) != SAME]
    for one in differing[:most]:
        console.print(_line(result, one), soft_wrap=True)
    if len(differing) > most:
        console.print(f"and {len(differing) - most} more; --json has them all")
    if not differing:
        console.print("no issue differs")


def _check_table(result: Backtest) -> Table:
    table = Table("check", title="Issues and pages by check", title_justify="left")
    for heading in ("issues A", "B", "appear", "vanish", "change", "pages A", "B", *_per_100()):
        table.add_column(heading, justify="right")
    for check, counts in checks(result).items():
        (issues_a, pages_a), (issues_b, pages_b) = counts["a"], counts["b"]
        numbers = (issues_a, issues_b, counts[APPEARS], counts[VANISHES], counts[CHANGES], pages_a, pages_b)
        table.add_row(check, *map(str, numbers), *_rates(result, pages_a, pages_b))
    return table


def _rule_table(result: Backtest) -> Table:
    table = Table("rule", title="Pages by rule; a page on two rules counts for both", title_justify="left")
    for heading in ("pages A", "B", *_per_100()):
        table.add_column(heading, justify="right")
    for row, (a, b) in rules(result).items():
        table.add_row(row, str(a), str(b), *_rates(result, a, b))
    return table


def _per_100() -> tuple[str, str]:
    return "per 100 patient-days A", "B"


def _rates(result: Backtest, *pages: int) -> Iterator[str]:
    for count in pages:
        rate = result.rate(count)
        yield "not known" if rate is None else f"{rate:.1f}"


def _line(result: Backtest, one: Compared) -> str:
    issue = one.either
    reason = f" ({issue.reason.value})" if issue.reason is not None else ""
    head = f"{what(one):<8} {result.owners[issue.patient]} {issue.check}{reason} {', '.join(issue.subjects)}"
    sides = [f"{name}: {_told(told)}" for name, told in (("A", one.a), ("B", one.b)) if told is not None]
    differs = f" [{', '.join(one.differs)}]" if one.differs else ""
    return f"{head.rstrip()}{differs}\n         " + "\n         ".join(sides)


def _told(told: Told) -> str:
    level = f", {100 * told.level:.0f} % of its limit" if told.level is not None else ""
    times = "; ".join(f"{_clock(since)} to {_clock(until)}" for since, until in told.held)
    return f"{told.severity.value}{level}, pages {told.pages}, {times}"


def _clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at is not None else "the end"
