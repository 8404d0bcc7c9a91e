"""The CSV tables of a MIMIC-III directory: found by name, read row by row, columns in capitals.

A table's name is the part of the file name before the first dot, so that `LABEVENTS.subset.csv.gz` is
LABEVENTS.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schemas.rejections import Origin
from services.intake.door import Door
from services.intake.lines import LARGEST_MESSAGE, BrokenFile, Line, lines
from services.intake.reading import Unreadable

FORMAT = "mimic3"
TABLES = (
    "PATIENTS", "ADMISSIONS", "TRANSFERS", "ICUSTAYS", "DIAGNOSES_ICD", "PRESCRIPTIONS", "INPUTEVENTS_MV",
    "LABEVENTS",
)  # fmt: skip
"""In the order in which ties of time are taken: who and where before what."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by column, and where it stands. Not `whole`: it has too many columns or too few.

    `oversized` is its line where that was too long: the values are then those that stand at its beginning.
    """

    table: str
    values: dict[str, str]
    origin: Origin
    whole: bool = True
    oversized: Line | None = None

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")

    @property
    def entity(self) -> str:
        """`table/ROW_ID`, the same in every extract."""
        return f"{self.table.lower()}/{self['ROW_ID']}"

    def time(self, column: str, door: Door) -> datetime | None:
        """A time in UTC, the facility's zone assumed; None where the column is empty. Raises `Unreadable`."""
        text = self[column]
        if not text:
            return None
        try:
            return door.instant(datetime.fromisoformat(text))[0]
        except (ValueError, OverflowError) as error:
            raise Unreadable("bad-time", f"{column} is no time") from error

    def needed(self, column: str, door: Door) -> datetime:
        """A time that must be there. Raises `Unreadable`."""
        found = self.time(column, door)
        if found is None:
            raise Unreadable("missing-time", f"{column} is empty")
        return found


@dataclass(frozen=True, slots=True)
class Directory:
    """The tables that are there, and the dictionaries."""

    files: dict[str, Path]
    items: dict[str, tuple[str, str]] = field(default_factory=dict)
    labs: dict[str, tuple[str, str]] = field(default_factory=dict)

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table in file order; none where it is absent. Raises `BrokenFile`."""
        path = self.files.get(table)
        if path is None:
            return
        csv.field_size_limit(LARGEST_MESSAGE)
        read: list[Line] = []
        reader = csv.reader(_text(path, read))
        try:
            columns = [name.strip().upper() for name in next(reader, [])]
            for values in reader:
                last = read[-1]
                origin = Origin(door=FORMAT, path=str(path), line=last.number)
                named = dict(zip(columns, (value.strip() for value in values), strict=False))
                oversized = None if last.whole else last
                whole = len(values) == len(columns) and last.whole
                yield Row(table, named, origin, whole, oversized)
        except csv.Error as error:
            raise BrokenFile(f"{path} is damaged or no CSV table") from error


def _text(path: Path, read: list[Line]) -> Iterator[str]:
    """The lines of a table; `read` then holds the last of them. Of one too long only the beginning comes,
    with its quotation closed, so that it swallows no other row.
    """
    for line in lines(path):
        read[:] = [line]
        text = line.text.decode("utf-8-sig" if line.number == 1 else "utf-8", "replace")
        yield text + ('"' if not line.whole and text.count('"') % 2 else "") + "\n"


def directory(path: Path) -> Directory:
    """The tables in a directory and its dictionaries D_ITEMS and D_LABITEMS. Raises `BrokenFile`."""
    if not path.is_dir():
        raise BrokenFile(f"{path} is no directory; mimic3 reads a directory of the MIMIC-III tables")
    files = {
        item.name.split(".")[0].upper(): item
        for item in sorted(path.iterdir(), reverse=True)
        if item.name.lower().endswith((".csv", ".csv.gz"))
    }
    if not files.keys() & set(TABLES):
        raise BrokenFile(f"{path} holds none of the tables {', '.join(TABLES)} as .csv or .csv.gz")
    found = Directory(files)
    found.items.update({row["ITEMID"]: (row["LABEL"], row["CATEGORY"]) for row in found.rows("D_ITEMS")})
    found.labs.update({row["ITEMID"]: (row["LABEL"], row["LOINC_CODE"]) for row in found.rows("D_LABITEMS")})
    return found
