"""LABEVENTS: laboratory values. No store time stands there; a value is received when its sample was taken."""

import re
from collections.abc import Iterator
from decimal import Decimal

from schemas.clinical import Observation
from schemas.medications import Coding
from schemas.quantities import Quantity
from services.intake.door import Door
from services.intake.mimic3.amounts import amount, decimal
from services.intake.mimic3.stamping import stamps
from services.intake.mimic3.tables import Directory, Row
from services.intake.reading import Accepted, Reading

_NUMBER = re.compile(r"^-?(\d+(\.\d*)?|\.\d+)$")
_BEYOND = re.compile(r"^[<>]=?\s*\d+(?:\.\d+)?$")
_WITHOUT_UNIT = "1"
"""Ratios and scores have no unit; such a value converts to nothing else."""


def observation(row: Row, door: Door, tables: Directory) -> Iterator[Reading]:
    """The observation of one row, by LOINC where the dictionary knows it. Raises `Unreadable`."""
    taken = row.needed("CHARTTIME", door)
    value, text = _value(row)
    yield Accepted(
        Observation(
            **stamps(row, door, row.entity, taken, taken),
            codings=(coding(row["ITEMID"], tables),),
            value=value,
            text=text,
        ),
        row.origin,
    )


def coding(item: str, tables: Directory) -> Coding:
    """The LOINC code of a laboratory item, else the item itself."""
    label, loinc = tables.labs.get(item, ("", ""))
    if loinc:
        return Coding(system="loinc", code=loinc, display=label)
    return Coding(system="mimic-item", code=item or "unstated", display=label)


def _value(row: Row) -> tuple[Quantity | None, str]:
    """A number only where the result is one: "NEG", "<0.3" and values below zero stay text."""
    text = row["VALUE"] or row["VALUENUM"]
    if not _NUMBER.match(text) or (value := decimal(text)) < Decimal(0):
        unit = row["VALUEUOM"] if _BEYOND.match(text) else ""
        return None, f"{text[:2_000]} {unit}".strip()[:2_000]
    return amount(value, row["VALUEUOM"] or _WITHOUT_UNIT, "VALUE"), ""
