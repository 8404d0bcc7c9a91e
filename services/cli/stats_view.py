"""How the numbers look, as a table and as JSON."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rich.table import Table

from services.cli.alert_view import plain
from services.notifier.numbers.counting import Numbers
from services.notifier.numbers.figures import Rate, Share, Spread

NOT_MEASURED = "could not be measured"
_HEADINGS = (
    "",
    "ALERTS",
    "PAGED",
    "PAGES",
    "TIME TO ACK p50 / p90",
    "UNANSWERED",
    "OVERRIDDEN",
    "REPEATS",
    "WITHDRAWN",
    "PREDICTIVE VALUE",
)


def as_json(numbers: Numbers) -> dict[str, Any]:
    """Every figure with what it was counted from; null where it could not be measured."""
    content: dict[str, Any] = {}
    for name in (field.name for field in fields(numbers)):
        figure = getattr(numbers, name)
        match figure:
            case Share(numerator, denominator):
                content[name] = {
                    "numerator": numerator,
                    "denominator": denominator,
                    "value": figure.value,
                }
            case Rate(numerator, measure):
                content[name] = {"numerator": numerator, "patient_days": measure, "value": figure.value}
            case Spread(count, p50_s, p90_s):
                content[name] = {"count": count, "p50_s": p50_s, "p90_s": p90_s}
            case _:
                content[name] = figure
    return content | {"wants_review": numbers.wants_review}


def table_of(groups: Mapping[str, Numbers]) -> Table:
    """One row a group."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=True)
    for name, numbers in groups.items():
        table.add_row(
            plain(name),
            str(numbers.alerts),
            str(numbers.paged),
            str(numbers.pages),
            _spread(numbers.time_to_ack),
            _share(numbers.unanswered),
            _share(numbers.overridden),
            _share(numbers.repeats),
            _share(numbers.withdrawn),
            _share(numbers.positive_predictive_value) + (" REVIEW" if numbers.wants_review else ""),
        )
    return table


def rate_in_words(rate: Rate) -> str:
    """Pages per 100 patient-days, or why not."""
    if rate.value is None:
        return f"pages per 100 patient-days: {NOT_MEASURED} (give --patient-days)"
    return f"pages per 100 patient-days: {rate.value:.1f} ({rate.numerator} pages, {rate.measure:g} days)"


def _share(share: Share) -> str:
    if share.value is None:
        return NOT_MEASURED
    return f"{100 * share.value:.0f} % ({share.numerator}/{share.denominator})"


def _spread(spread: Spread) -> str:
    if spread.p50_s is None or spread.p90_s is None:
        return NOT_MEASURED
    return f"{_duration(spread.p50_s)} / {_duration(spread.p90_s)} (of {spread.count})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
