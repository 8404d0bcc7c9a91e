"""Resources damaged anywhere, in any way: each ends accepted, rejected or skipped, and nothing crashes."""

import json
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.door import Door
from services.intake.formats import read
from services.intake.ordering import with_unreadable
from tests.intake.whole_resources import WHOLE
from tests.intake.writing import administration, describe, instruction, read_fhir, rejected, request

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            [],
            {},
            [[]],
            [None],
            [1],
            ["x"],
            {"reference": 7},
            {"coding": "x"},
            {"value": "1"},
            {"value": 1e300},
            "2026-02-30",
            "0001-01-01",
            "9999-12-31T23:59:59-14:00",
            "#",
            "urn:uuid:",
            -1,
            10**30,
            "\x00",
            "x" * 3_000,
        ]
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a resource."""
    if path:
        yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, child in children:
        yield from places(child, (*path, name))


PLACES = [(number, path) for number, resource in enumerate(WHOLE) for path in places(resource)]


@settings(max_examples=400)
@given(damage=st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=3))
def test_a_resource_damaged_anywhere_ends_as_one_of_the_three(
    damage: list[tuple[tuple[int, tuple[Any, ...]], Any]],
) -> None:
    resources = deepcopy(WHOLE)
    for (number, path), junk in damage:
        target: Any = resources[number]
        try:
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = deepcopy(junk)
        except (KeyError, IndexError, TypeError):
            continue
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "in.ndjson"
        file.write_text("\n".join(json.dumps(resource) for resource in resources))
        readings = list(with_unreadable(read("fhir", [file], Door()), Door()))
    assert len(readings) >= len(WHOLE)


def test_a_number_beyond_64_bits_within_a_bundle_costs_that_resource_only(tmp_path: Path) -> None:
    huge = administration(id="huge", dosage={"dose": {"value": 10**30, "unit": "mg"}}, note=[10**30])
    entries = [{"resource": resource} for resource in (administration(), huge, administration(id="after"))]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    readings = list(read("fhir", [path], Door()))
    assert [describe(reading) for reading in readings].count("administration") == 2
    (refused,) = rejected(readings)
    assert refused.about == "MedicationAdministration/huge"


@pytest.mark.parametrize("name", ["frequency", "frequencyMax", "period", "periodMax", "count"])
@pytest.mark.parametrize("number", [10**30, 10**9, "three", {"value": 3}])
def test_an_impossible_number_of_a_schedule_is_named(name: str, number: Any, tmp_path: Path) -> None:
    repeat = {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"} | {name: number}
    order = request(dosageInstruction=[instruction(timing={"repeat": repeat})])
    (refused,) = rejected(read_fhir(tmp_path, order, request(id="after")))
    assert refused.rejection.reason == "wrong-schema"
    assert name in refused.rejection.detail
    assert refused.patient == "ada"


def test_each_of_them_is_read_as_long_as_it_is_whole(tmp_path: Path) -> None:
    readings = read_fhir(tmp_path, *WHOLE)
    assert [refused.rejection.detail for refused in rejected(readings)] == []
    assert len(readings) > len(WHOLE)
