"""The number that an issue shows, worked out again from the rows that it shows beside it.

Nothing but the evidence is read: whoever has an issue can check it without the ledger or the knowledge base.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from services.safety.recomputing_by_body import made_again, steps_of

_NOTHING = Decimal(0)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_MINUTE = 60_000_000
Evidence = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What was shown and what the shown rows make, in the unit of the evidence."""

    shown: Decimal
    made: Decimal

    @property
    def agrees(self) -> bool:
        """Whether both are the same, but for the rounding of parts to nine places."""
        return abs(self.shown - self.made) <= Decimal("0.0000001")


def recomputed(check: str, evidence: Evidence) -> Recomputed | None:
    """The total of an issue's evidence made again; None where the evidence holds no total."""
    if "total" not in evidence:
        return None
    shown = Decimal(evidence["total"])
    steps = list(steps_of(evidence))
    for step in steps:
        if step.made != step.shown:
            return Recomputed(step.shown, step.made)
    if steps:
        evidence = made_again(evidence, steps)
    candidates = list(_WAYS.get(check, _added)(evidence))
    made = min(candidates, key=lambda candidate: abs(candidate - shown), default=_NOTHING)
    return Recomputed(shown, made)


def _rows(evidence: Evidence, name: str) -> list[Mapping[str, Any]]:
    return [row for row in evidence.get(name, ()) if isinstance(row, Mapping)]


def _sum(rows: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if name in row), _NOTHING)


def _added(evidence: Evidence) -> Iterable[Decimal]:
    """Doses given add up by what counted of each, orders by what each makes in a day."""
    if doses := _rows(evidence, "doses"):
        yield _sum(doses, "counted")
    if orders := _rows(evidence, "orders"):
        yield _sum(orders, "per_day")


def _largest(evidence: Evidence) -> Iterable[Decimal]:
    """The largest of several doses, given or ordered at once."""
    for name, field in (("doses", "counted"), ("orders", "single")):
        if rows := _rows(evidence, name):
            yield max(Decimal(row[field]) for row in rows)


def _prescribed(evidence: Evidence) -> Iterable[Decimal]:
    """All of it, or what is scheduled, where of alternatives the larger counts."""
    orders = _rows(evidence, "orders")
    yield _sum(orders, "in_window")
    scheduled = [row for row in orders if not row["as_needed"]]
    yield _sum(scheduled, "in_window")
    for rows in (orders, scheduled):
        alike: dict[tuple[str, ...], Decimal] = {}
        for row in rows:
            key = (row["single"], row["doses_in_window"])
            alike[key] = max(alike.get(key, _NOTHING), Decimal(row["in_window"]))
        yield sum(alike.values(), _NOTHING)


def _day(evidence: Evidence) -> Iterable[Decimal]:
    """What was given in a day, or what the orders allow in one."""
    if "doses" in evidence:
        yield _sum(_rows(evidence, "doses"), "counted")
    else:
        yield from _prescribed(evidence)


def _last_level(evidence: Evidence) -> Iterable[Decimal]:
    """The level that stands."""
    levels = _rows(evidence, "levels")
    if levels:
        yield Decimal(levels[-1]["per_day"])


def _larger_side(evidence: Evidence) -> Iterable[Decimal]:
    """What was given, or what is scheduled, whichever is more."""
    yield _sum(_rows(evidence, "doses"), "counted")
    yield _sum((row for row in _rows(evidence, "orders") if not row.get("as_needed")), "counted")
    yield _sum(_rows(evidence, "orders"), "counted")


def _given_and_due(evidence: Evidence) -> Iterable[Decimal]:
    """What was given, and what is still due."""
    yield _sum(_rows(evidence, "doses"), "counted") + _sum(_rows(evidence, "due"), "counted")


def _given_and_ordered(evidence: Evidence) -> Iterable[Decimal]:
    """What was given, and one dose of what is ordered next."""
    yield _sum(_rows(evidence, "doses"), "counted") + _sum(_rows(evidence, "orders"), "single")


def _minutes_apart(evidence: Evidence) -> Iterable[Decimal]:
    """From the start of a dose to the start of the next one, or as often as it is ordered."""
    starts = [datetime.fromisoformat(row["start"]) for row in _rows(evidence, "doses")]
    for earlier, later in pairwise(starts):
        yield Decimal((later - earlier) // _MICROSECOND) / _MICROSECONDS_A_MINUTE
    if orders := _rows(evidence, "orders"):
        yield min(Decimal(row["every"]) for row in orders)


def _fastest(evidence: Evidence) -> Iterable[Decimal]:
    """The fastest of several, each its amount over its seconds, for as long as the limit speaks of."""
    within = Decimal(evidence["within_seconds"])
    if rows := _rows(evidence, "doses"):
        yield max(Decimal(row["amount"]) / Decimal(row["seconds"]) * within for row in rows)


def _schedule(evidence: Evidence) -> Iterable[Decimal]:
    """How far apart, where minutes are told, else the largest dose."""
    yield from _minutes_apart(evidence) if evidence["unit"] == "min" else _largest(evidence)


_WAYS: dict[str, Callable[[Evidence], Iterable[Decimal]]] = {
    "dose-interval": _minutes_apart,
    "infusion-rate": _fastest,
    "hepatic-dose": _day,
    "renal-schedule": _schedule,
    "single-dose": _largest,
    "naive-dose": _largest,
    "screening-dose": _largest,
    "prescribed-dose": _prescribed,
    "projected-dose": _given_and_due,
    "lifetime-dose": _given_and_ordered,
    "titration": _last_level,
    "opioid-load": _larger_side,
}
