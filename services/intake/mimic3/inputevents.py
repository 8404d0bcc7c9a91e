"""INPUTEVENTS_MV: what was really given, by dose or by infusion.

A row's AMOUNT is the total that went in from start to end, whatever its rate was per (for example
mcg/kg/min), so the amount is taken and the rate is not. Rewritten and cancelled rows were not given: they
are voids. Where the table tells when the row was cancelled (COMMENTS_DATE), the statement is told first and
taken back then; where it does not, only the void is told, because no instant can be given at which the
statement was still believed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.clinical import FUTURE_TOLERANCE, Administration
from schemas.dosage import Rate
from schemas.medications import Coding, Medication, Route
from schemas.quantities import Quantity
from services.intake.door import Door
from services.intake.mimic3.amounts import amount, number
from services.intake.mimic3.stamping import stamps
from services.intake.mimic3.tables import Directory, Row
from services.intake.reading import Accepted, Reading, Skipped, Unreadable

MEDICINES = frozenset({"Medications", "Antibiotics"})
"""The categories of D_ITEMS that are medicines. An item without category is read: unknown is never passed
over.
"""

CHARTED_AHEAD = timedelta(hours=1)
"""A row stored up to this long before its start was planned then: it is received when it starts."""

_CANCELLED = frozenset({"1", "2"})
_ROUTES = {
    "01-Drips": Route.INTRAVENOUS,
    "02-Fluids (Crystalloids)": Route.INTRAVENOUS,
    "03-IV Fluid Bolus": Route.INTRAVENOUS,
    "08-Antibiotics (IV)": Route.INTRAVENOUS,
    "10-Prophylaxis (IV)": Route.INTRAVENOUS,
}
"""By order category; the others ("05-Med Bolus", "06-Insulin (Non IV)") do not tell the route."""


def administrations(row: Row, door: Door, tables: Directory) -> Iterator[Reading]:
    """The statement of one row and what takes it back. Raises `Unreadable`."""
    label, category = tables.items.get(row["ITEMID"], ("", ""))
    if category and category not in MEDICINES:
        yield Skipped(f"no-medicine:{category}", row.origin)
        return
    if row["STATUSDESCRIPTION"] == "Flushed":
        yield Skipped("line-flush", row.origin)
        return
    start, stored = row.needed("STARTTIME", door), row.needed("STORETIME", door)
    received = start if timedelta(0) < start - stored - FUTURE_TOLERANCE <= CHARTED_AHEAD else stored
    medication = Medication(
        text=label, codings=(Coding(system="mimic-item", code=row["ITEMID"] or "unstated", display=label),)
    )
    cancelled = row["CANCELREASON"] in _CANCELLED or row["STATUSDESCRIPTION"] == "Rewritten"
    taken_back = row.time("COMMENTS_DATE", door) if cancelled else None
    if not cancelled or taken_back is not None:
        fields = stamps(row, door, row.entity, start, stored, received_at=received)
        if not cancelled:
            yield Accepted(_given(row, door, start, fields, medication), row.origin)
        else:
            yield from _believed(row, door, start, fields, medication)
    if cancelled:
        recorded = max(taken_back or stored, stored)
        fields = stamps(
            row,
            door,
            row.entity,
            start,
            recorded,
            received_at=max(recorded, received),
            version=1,
            voided=True,
        )
        yield Accepted(Administration(**fields, medication=medication), row.origin)


def _believed(
    row: Row, door: Door, start: datetime, fields: dict[str, Any], medication: Medication
) -> Iterator[Reading]:
    """What was stated before it was taken back; if that was unreadable, the void alone says all."""
    try:
        yield Accepted(_given(row, door, start, fields, medication), row.origin)
    except Unreadable:
        return


def _given(
    row: Row, door: Door, start: datetime, fields: dict[str, Any], medication: Medication
) -> Administration:
    end = row.time("ENDTIME", door)
    if end is not None and end < start:
        raise Unreadable("end-before-start", "ENDTIME lies before STARTTIME")
    value = number(row["AMOUNT"], "AMOUNT")
    dose = amount(value, row["AMOUNTUOM"], "AMOUNT") if value is not None else None
    return Administration(
        **fields,
        medication=medication,
        route=_ROUTES.get(row["ORDERCATEGORYNAME"], Route.UNKNOWN),
        dose=dose,
        rate=_rate(row) if dose is None else None,
        ended_at=end,
    )


def _rate(row: Row) -> Rate | None:
    value = number(row["RATE"], "RATE")
    unit, _, span = row["RATEUOM"].rpartition("/")
    seconds = {"hour": 3_600, "hr": 3_600, "min": 60}.get(span)
    if value is None or not unit or seconds is None:
        return None
    quantity: Quantity = amount(value, unit, "RATE")
    return Rate.model_validate({"amount": quantity, "per_seconds": seconds}, strict=False)
