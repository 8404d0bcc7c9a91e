"""Doses per kilogram or square metre, worked out again from the weight or surface shown with them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.quantities import UnknownUnit, base
from services.safety.ledger.body import bare_unit

_MICROSECOND = timedelta(microseconds=1)
_MILLIGRAM = "mg"
_TOLERANCE = Decimal("0.0000001")
Evidence = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What a dose of the `entities` makes in `unit`, as shown and made again; a rate is no dose by itself."""

    shown: Decimal
    made: Decimal
    unit: str
    entities: tuple[str, ...]
    rate: bool

    def amount(self, unit: str) -> Decimal | None:
        """What it makes in a unit of the same dimension; None where no arithmetic leads there."""
        try:
            value, dimension = base(self.made, self.unit)
            one, wanted = base(Decimal(1), unit)
        except UnknownUnit:
            return None
        return value / one if dimension == wanted else None


def steps_of(evidence: Evidence) -> Iterator[Step]:
    """The steps that evidence shows: "5 mg/kg" by "70 kg" makes "350 mg"."""
    for row in evidence.get("worked_out", ()):
        stated, unit = row["stated"].split(" ", 1)
        size, makes = row["by"].split(" ", 1)[0], row["makes"].split(" ", 1)[0]
        made = Decimal(stated) * Decimal(size)
        yield Step(Decimal(makes), made, bare_unit(unit), tuple(row["of"]), "per_seconds" in row)


def made_again(evidence: Evidence, steps: Iterable[Step]) -> Evidence:
    """The evidence with what each dose counts made again from its steps, where these lead to its unit."""
    doses = [step for step in steps if not step.rate]
    again = {
        name: [_row(row, evidence, doses) if isinstance(row, Mapping) else row for row in evidence[name]]
        for name in ("doses", "due", "orders")
        if name in evidence
    }
    return {**evidence, **again}


def _row(row: Row, evidence: Evidence, steps: Iterable[Step]) -> Row:
    if "per_day" in row or ("factor" in row and "start" in row and not row.get("stated")):
        return row
    mine = [step for step in steps if row.get("entity") in step.entities]
    if row.get("factor"):
        return _made(row, "amount", mine, _MILLIGRAM, evidence, Decimal(row["factor"]))
    field = "single" if "single" in row else "counted"
    return _made(row, field, mine, str(evidence.get("unit", "")), evidence, None)


def _made(
    row: Row, field: str, steps: Iterable[Step], unit: str, evidence: Evidence, factor: Decimal | None
) -> Row:
    """The row with the nearest to what it shows of what its dose makes, whole or within the window."""
    if field not in row:
        return row
    wholes = [whole for step in steps if (whole := step.amount(unit)) is not None]
    candidates = [part for whole in wholes for part in (whole, whole * _share(row, evidence))]
    if not candidates:
        return row
    shown = Decimal(row[field])
    made = min(candidates, key=lambda candidate: abs(candidate - shown))
    if abs(made - shown) <= _TOLERANCE:
        return row
    if factor is not None:
        return {**row, field: made, "counted": made * factor}
    if "doses_in_window" in row:
        return {**row, field: made, "in_window": made * Decimal(row["doses_in_window"])}
    return {**row, field: made}


def _share(row: Row, evidence: Evidence) -> Decimal:
    """Which part of a dose with a beginning and an end lies within the window that is shown."""
    window = evidence.get("window")
    if not isinstance(window, Mapping) or "start" not in row or "end" not in row:
        return Decimal(1)
    start, end = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
    after, until = (datetime.fromisoformat(window[name]) for name in ("after", "until"))
    if end <= start:
        return Decimal(1)
    inside = (min(end, until) - max(start, after)) // _MICROSECOND
    return Decimal(inside) / Decimal((end - start) // _MICROSECOND)
