"""Rolling 24-hour totals of the MIMIC-III demo's given doses, by SQL alone.

Independent of the product on purpose: its own reading of the tables, its own list of items, its own units,
floating point, and no code of ours. A row that was rewritten or cancelled was never given, and a
flushed line is no dose. The window is
(end - 24 h, end] at the end of each dose; of an infusion only the part inside counts.
"""

import csv
import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MILLIGRAMS = {"mg": 1.0, "mcg": 0.001, "grams": 1000.0, "gm": 1000.0}

_QUERY = """
WITH dose AS (
    SELECT given.rowid AS row, subject, ingredient, milligrams,
           CAST(strftime('%s', starttime) AS INTEGER) AS started,
           CAST(strftime('%s', endtime) AS INTEGER) AS ended
    FROM given JOIN item USING (itemid) JOIN unit USING (amountuom)
    WHERE status NOT IN ('Rewritten', 'Flushed') AND endtime >= starttime
)
SELECT it.subject, it.ingredient, it.started, it.ended,
       SUM(CASE
           WHEN other.ended = other.started THEN
               CASE WHEN other.started > it.ended - 86400 AND other.started <= it.ended
                    THEN other.milligrams ELSE 0 END
           ELSE other.milligrams
                * MAX(0, MIN(other.ended, it.ended) - MAX(other.started, it.ended - 86400))
                / (other.ended - other.started)
           END)
FROM dose AS it JOIN dose AS other ON other.subject = it.subject AND other.ingredient = it.ingredient
GROUP BY it.row
"""


class RollingTotal(NamedTuple):
    """Milligrams of an ingredient in the 24 hours up to the end of one dose; times in seconds since 1970."""

    subject: str
    ingredient: str
    started: int
    ended: int
    milligrams: float


def rolling_totals(directory: Path, items: dict[str, str]) -> list[RollingTotal]:
    """One row for each dose interval of `items` (item id to ingredient) stated in a unit of mass."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE item (itemid TEXT PRIMARY KEY, ingredient TEXT)")
        database.executemany("INSERT INTO item VALUES (?, ?)", items.items())
        database.execute("CREATE TABLE unit (amountuom TEXT PRIMARY KEY, factor REAL)")
        database.executemany("INSERT INTO unit VALUES (?, ?)", _MILLIGRAMS.items())
        database.execute(
            "CREATE TABLE given (subject TEXT, itemid TEXT, starttime TEXT, endtime TEXT, amount REAL,"
            " amountuom TEXT, status TEXT, milligrams REAL)"
        )
        database.executemany(
            "INSERT INTO given VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", _rows(directory / "INPUTEVENTS_MV.csv.gz")
        )
        database.execute(
            "UPDATE given SET milligrams ="
            " amount * (SELECT factor FROM unit u WHERE u.amountuom = given.amountuom)"
        )
        return [RollingTotal(*row) for row in database.execute(_QUERY)]


def _rows(path: Path) -> Iterator[tuple[str, str, str, str, float, str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield (
                row["SUBJECT_ID"], row["ITEMID"], row["STARTTIME"], row["ENDTIME"], float(row["AMOUNT"] or 0),
                row["AMOUNTUOM"], row["STATUSDESCRIPTION"],
            )  # fmt: skip
