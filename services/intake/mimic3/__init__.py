"""MIMIC-III: a directory of its tables becomes the events of the patients' stays."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import ValidationError

from services.intake.door import Door
from services.intake.lines import LARGEST_MESSAGE
from services.intake.mimic3 import inputevents, labevents, people, prescriptions
from services.intake.mimic3.stays import Stay, encounters, stays
from services.intake.mimic3.tables import FORMAT, Directory, Row, directory
from services.intake.reading import Reading, Rejected, Unreadable
from services.intake.rejecting import reason_of, rejection, rejection_of_part

_TIMES = ("STORETIME", "STARTTIME", "STARTDATE", "CHARTTIME")


def read(paths: Iterable[Path], door: Door) -> Iterator[Reading]:
    """Every row of every table as readings, table after table in file order. Raises `BrokenFile`."""
    for path in paths:
        yield from _read(directory(path), door)


def _read(tables: Directory, door: Door) -> Iterator[Reading]:
    known = stays(tables, door)
    by_patient: dict[str, list[Stay]] = defaultdict(list)
    for stay in known.values():
        by_patient[stay.row["SUBJECT_ID"]].append(stay)
    for row in tables.rows("PATIENTS"):
        yield from _guarded(row, door, lambda row: people.patients(row, door, by_patient[row["SUBJECT_ID"]]))
    for stay in known.values():
        yield from _guarded(stay.row, door, lambda _, stay=stay: encounters(stay, door))  # type: ignore[misc]
    for table in ("ADMISSIONS", "TRANSFERS", "ICUSTAYS"):
        for row in tables.rows(table):
            if not row.whole:
                yield from _guarded(row, door, lambda _: iter(()))
    for row in tables.rows("DIAGNOSES_ICD"):
        yield from _guarded(row, door, lambda row: people.condition(row, door, known.get(row["HADM_ID"])))
    for row in tables.rows("PRESCRIPTIONS"):
        yield from _guarded(row, door, lambda row: prescriptions.order(row, door))
    for row in tables.rows("INPUTEVENTS_MV"):
        yield from _guarded(row, door, lambda row: inputevents.administrations(row, door, tables))
    for row in tables.rows("LABEVENTS"):
        yield from _guarded(row, door, lambda row: labevents.observation(row, door, tables))


def _guarded(row: Row, door: Door, mapping: Callable[[Row], Iterator[Reading]]) -> Iterator[Reading]:
    try:
        if row.oversized is not None:
            raise Unreadable("too-large", f"a row may have at most {LARGEST_MESSAGE} bytes")
        if not row.whole:
            raise Unreadable("wrong-columns", "the row has more or fewer columns than its table")
        yield from mapping(row)
    except Unreadable as error:
        yield _rejected(row, door, error)
    except ValidationError as error:
        yield _rejected(row, door, reason_of(error))


def _rejected(row: Row, door: Door, error: Unreadable) -> Rejected:
    stated = next((at for name in _TIMES if (at := _quiet(row, name, door)) is not None), None)
    received = stated if door.clock is None else door.clock()
    line = row.oversized
    record = (
        rejection_of_part(row.origin, line.text, line.length, line.sha256, error)
        if line is not None
        else rejection(row.origin, orjson.dumps(row.values), error)
    )
    return Rejected(
        record,
        door.source or FORMAT,
        row["SUBJECT_ID"] or None,
        row.entity if row["ROW_ID"] else None,
        received,
        stated,
    )


def _quiet(row: Row, column: str, door: Door) -> datetime | None:
    try:
        return row.time(column, door)
    except Unreadable:
        return None
