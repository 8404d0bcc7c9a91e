"""Doses as evidence: what each one counts, so that a sum can be made again from them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.amounts.rolling_sum import Counted
from services.safety.ledger.entries import Given


def shown_doses(parts: Iterable[Counted]) -> JsonValue:
    """Each dose with what it stated and what of it counts, in the base unit of its dimension.

    `counted_at`: the due time at which it counts, where it was given at another.
    """
    return [
        {
            "entity": part.dose.entity,
            "start": part.dose.start.isoformat(),
            "end": part.dose.end.isoformat(),
            **_counted_at(part.dose),
            "stated": part.dose.stated,
            "counted": plain(round(part.amount, 9).normalize() + 0),
        }
        for part in parts
    ]


def _counted_at(dose: Given) -> dict[str, JsonValue]:
    due = dose.due
    return {} if due is None or due.at == dose.start else {"counted_at": due.at.isoformat()}


def shown_window(window: timedelta, until: datetime) -> JsonValue:
    """The window that ends at an instant; it begins just after `after`."""
    return {"after": (until - window).isoformat(), "until": until.isoformat()}
