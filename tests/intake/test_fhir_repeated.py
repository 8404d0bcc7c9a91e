"""Several versions of one resource in files of history, a line each: the newest holds, as in a Bundle."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.intake.fhir import read
from services.intake.reading import Accepted, Rejected, unreadable_fact
from tests.intake.test_fhir_bundle_versions import EIGHT, FILES, HISTORY, LIVE, NINE, dose, holds, result
from tests.intake.writing import describe, read_fhir


@pytest.mark.parametrize("door", [HISTORY, FILES], ids=["history", "files"])
@pytest.mark.parametrize(
    "versions",
    [
        [dose(10, version="3"), dose(20, version="2"), dose(30, version="1")],
        [dose(20, version="9"), dose(10, version="10")],
        [dose(20, version="1"), dose(10, version="2", effectiveDateTime="2026-03-02T06:00:00Z")],
        [dose(20, stored=NINE, version="1"), dose(10, stored=NINE, version="2")],
        [dose(10, stored=NINE), dose(20, stored=EIGHT)],
        [result(20, issued=EIGHT), result(10, issued=NINE)],
        [result(10, issued=NINE), result(20, issued=EIGHT)],
        [dose(10), dose(10)],
    ],
)
def test_the_newest_line_of_a_history_holds(
    door: Any, versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    readings = read_fhir(tmp_path, *versions, door=door)
    assert not any(isinstance(reading, Rejected) for reading in readings)
    assert holds(readings) == 10


@pytest.mark.parametrize("door", [HISTORY, FILES], ids=["history", "files"])
@pytest.mark.parametrize(
    "versions",
    [
        [dose(10), dose(20)],
        [dose(10, stored=NINE), dose(20, stored=NINE)],
        [dose(10, version="2"), dose(20)],
    ],
)
def test_where_no_line_says_which_is_newer_none_is_read_and_the_patient_shows_it(
    door: Any, versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    readings = read_fhir(tmp_path, *versions, door=door)
    assert [describe(reading) for reading in readings] == ["stated-twice"] * len(versions)
    marks = [unreadable_fact(reading, door) for reading in readings if isinstance(reading, Rejected)]
    assert {mark.patient for mark in marks if mark is not None} == {"ada"}


def test_versions_in_several_files_are_those_of_one_history(tmp_path: Path) -> None:
    """A bulk export has as many files of a type as it likes."""
    for name, version in (("1.ndjson", dose(10, version="2")), ("2.ndjson", dose(20, version="1"))):
        (tmp_path / name).write_text(json.dumps(version))
    readings = list(read([tmp_path], HISTORY))
    assert [describe(reading) for reading in readings] == ["administration", "older-version"]
    assert holds(readings) == 10


def test_live_every_line_is_read_and_the_last_one_holds(tmp_path: Path) -> None:
    readings = read_fhir(tmp_path, dose(20, version="9"), dose(10, version="9"), door=LIVE)
    assert all(isinstance(reading, Accepted) for reading in readings)
    assert holds(readings) == 10
