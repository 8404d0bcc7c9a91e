"""Where a patient lay before, by the locations of a FHIR Encounter."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Encounter
from tests.intake.test_fhir_people import place, stay
from tests.intake.writing import at, describe, one, read_fhir


def was(name: str, start: str | None, end: str | None = None, kind: str | None = None) -> dict[str, Any]:
    """A place where the patient is no longer; hours of one day."""
    former = place(name, "completed", start and f"2026-03-01T{start}:00Z", kind)
    return former | {"period": (former["period"] or {}) | ({"end": f"2026-03-01T{end}:00Z"} if end else {})}


def here(name: str, start: str | None, kind: str | None = None) -> dict[str, Any]:
    return place(name, "active", start and f"2026-03-01T{start}:00Z", kind)


def listed(directory: Path, *places: dict[str, Any]) -> list[tuple[datetime, str]]:
    found = one(read_fhir(directory, stay(*places)), Encounter)
    return [(each.since, each.ward) for each in found.wards_listed]


def hours(*told: tuple[str, str]) -> list[tuple[datetime, str]]:
    return [(at(f"2026-03-01T{hour}:00"), name) for hour, name in told]


def test_former_places_are_known_since_when_the_patient_was_there(tmp_path: Path) -> None:
    places = (here("7 East", "18:00"), was("ER", "10:00", "12:00"), was("ICU", "12:00", "18:00"))
    assert listed(tmp_path, *places) == hours(("10:00", "ER"), ("12:00", "ICU"), ("18:00", "7 East"))


def test_a_place_that_was_kept_meanwhile_is_where_the_patient_came_back_to(tmp_path: Path) -> None:
    places = (here("3 West", "10:00"), was("Theatre", "12:00", "14:00"))
    assert listed(tmp_path, *places) == hours(("10:00", "3 West"), ("12:00", "Theatre"), ("14:00", "3 West"))


def test_where_nobody_says_since_when_they_are_there_it_is_since_they_left_the_place_before(
    tmp_path: Path,
) -> None:
    places = (was("ICU", "10:00", "12:00"), here("3 West", None))
    assert listed(tmp_path, *places) == hours(("10:00", "ICU"), ("12:00", "3 West"))


def test_rooms_and_beds_are_no_wards_of_before(tmp_path: Path) -> None:
    places = (was("Bed 2", "10:00", "12:00", "bd"), was("ICU", "10:00", "15:00", "wa"))
    found = listed(tmp_path, *places, here("Bed 9", "15:00", "bd"), here("3 West", "15:00", "wa"))
    assert found == hours(("10:00", "ICU"), ("15:00", "3 West"))


@pytest.mark.parametrize(
    "places",
    [
        (here("3 West", "10:00"),),
        (was("ICU", None, None), here("3 West", "12:00")),
        (was("ICU", "10:00"), here("3 West", None)),
        (was("Theatre", "12:00"), here("3 West", "10:00")),
        (place("ICU", "planned", "2026-03-01T09:00:00Z"), here("3 West", "12:00")),
    ],
)
def test_what_does_not_lead_to_where_the_patient_is_says_nothing_of_before(
    places: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    assert listed(tmp_path, *places) == []
    assert one(read_fhir(tmp_path, stay(*places)), Encounter).ward == "3 West"


def test_an_end_that_is_never_is_none_and_one_that_is_no_time_is_refused(tmp_path: Path) -> None:
    never = was("ICU", "10:00") | {"period": {"start": "2026-03-01T10:00:00Z", "end": "9999-12-31"}}
    assert listed(tmp_path, never, here("3 West", "12:00")) == hours(("10:00", "ICU"), ("12:00", "3 West"))
    wrong = was("ICU", "10:00") | {"period": {"start": "2026-03-01T10:00:00Z", "end": "noon"}}
    readings = read_fhir(tmp_path, stay(wrong, here("3 West", "12:00")))
    assert [describe(each) for each in readings] == ["bad-time"]


def test_of_a_long_history_the_places_that_began_last_are_known(tmp_path: Path) -> None:
    minutes = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(601, 701)]
    former = [was(f"Unit {start}", start, end) for start, end in pairwise(minutes)]
    found = listed(tmp_path, *former, here("3 West", minutes[-1]))
    assert found == hours(*((start, f"Unit {start}") for start in minutes[-64:-1]), (minutes[-1], "3 West"))
