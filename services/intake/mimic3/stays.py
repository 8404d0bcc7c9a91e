"""ADMISSIONS, TRANSFERS and ICUSTAYS: one encounter per admission, told at each move and at discharge."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.clinical import Encounter
from services.intake.door import Door
from services.intake.mimic3.stamping import stamps
from services.intake.mimic3.tables import Directory, Row
from services.intake.reading import Accepted, Reading, Unreadable

_SHORT_YEAR = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d\d) (\d{1,2}):(\d\d)(?::(\d\d))?$")
_CENTURY = 2100
"""MIMIC-III shifts every date into the years 2100 to 2200."""


@dataclass(slots=True)
class Stay:
    """One admission: its row, when it was, and where the patient lay from when on."""

    row: Row
    start: datetime | None = None
    end: datetime | None = None
    died_at: datetime | None = None
    wards: list[tuple[datetime, str]] = field(default_factory=list)


def stays(tables: Directory, door: Door) -> dict[str, Stay]:
    """Every admission by HADM_ID. Times that cannot be read are left out here and rejected with their row."""
    found: dict[str, Stay] = {}
    moves: dict[str, list[Row]] = defaultdict(list)
    for table in ("TRANSFERS", "ICUSTAYS"):
        if table == "TRANSFERS" or "TRANSFERS" not in tables.files:
            for row in filter(_whole, tables.rows(table)):
                moves[row["HADM_ID"]].append(row)
    for row in filter(_whole, tables.rows("ADMISSIONS")):
        near = next((at for move in moves[row["HADM_ID"]] if (at := _quiet(move, "INTIME", door))), None)
        found[row["HADM_ID"]] = Stay(
            row,
            admission_time(row, "ADMITTIME", door, near),
            admission_time(row, "DISCHTIME", door, near),
            admission_time(row, "DEATHTIME", door, near),
        )
    for admission, rows in moves.items():
        stay = found.get(admission)
        for row in rows if admission else ():
            at = _quiet(row, "INTIME", door)
            if at is None:
                continue
            if stay is None:
                stay = found[admission] = Stay(row)
            if row["EVENTTYPE"] == "discharge":
                stay.end = stay.end or at
            else:
                stay.wards.append((at, _ward(row)))
    return found


def encounters(stay: Stay, door: Door) -> Iterator[Reading]:
    """The encounter at admission, after each move to another ward, and at discharge. Raises `Unreadable`."""
    starts = [at for at in (stay.start, *(at for at, _ in stay.wards)) if at is not None]
    if not starts:
        raise Unreadable("missing-time", "nothing says when the patient was admitted")
    start = min(starts)
    if stay.end is not None and stay.end < start:
        raise Unreadable("end-before-start", "the patient left before being admitted")
    told: list[tuple[datetime, str, datetime | None]] = []
    for at, ward in [(start, ""), *sorted(stay.wards)]:
        if told and told[-1][0] == at:
            told.pop()
        if not told or told[-1][1] != ward:
            told.append((at, ward, None))
    if stay.end is not None:
        told.append((max(stay.end, told[-1][0]), told[-1][1], stay.end))
    for number, (at, ward, end) in enumerate(told):
        fields = stamps(stay.row, door, f"admissions/{stay.row['HADM_ID']}", start, at, version=number)
        yield Accepted(Encounter(**fields, inpatient=True, ward=ward, ends_at=end), stay.row.origin)


def admission_time(row: Row, column: str, door: Door, near: datetime | None) -> datetime | None:
    """A time of ADMISSIONS, whose years may have two digits: then the year next to `near`, else of the 22nd
    century.

    None where it is absent or no time.
    """
    short = _SHORT_YEAR.match(row[column])
    if short is None:
        return _quiet(row, column, door)
    month, day, year, hour, minute = (int(part) for part in short.groups()[:5])
    centuries = (_CENTURY - 100, _CENTURY, _CENTURY + 100)
    possible = []
    for century in centuries if near is not None else (_CENTURY,):
        try:
            local = datetime(century + year, month, day, hour, minute, int(short[6] or 0))  # noqa: DTZ001
        except ValueError:
            continue
        possible.append(door.instant(local)[0])
    if near is None:
        return possible[0] if possible else None
    return min(possible, key=lambda at: abs(at - near), default=None)


def _whole(row: Row) -> bool:
    return row.whole


def _quiet(row: Row, column: str, door: Door) -> datetime | None:
    try:
        return row.time(column, door)
    except Unreadable:
        return None


def _ward(row: Row) -> str:
    unit, number = row["CURR_CAREUNIT"] or row["FIRST_CAREUNIT"], row["CURR_WARDID"] or row["FIRST_WARDID"]
    return unit or (f"ward {number}" if number else "")


SHIFTED_AGE = timedelta(days=200 * 365)
"""Patients older than 89 have birth dates shifted by 300 years: their age is not known."""
