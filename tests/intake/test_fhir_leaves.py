"""A patient on leave, by the status of a FHIR Encounter and by its statusHistory."""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Encounter
from schemas.whereabouts import Absence
from tests.intake.test_fhir_people import stay
from tests.intake.writing import at, one, read_fhir, rejected


def was(status: str, start: str | None, end: str | None) -> dict[str, Any]:
    period = {name: value for name, value in (("start", start), ("end", end)) if value}
    return {"status": status, "period": period}


def read(directory: Path, status: str, *history: dict[str, Any]) -> Encounter:
    resource = stay() | {"status": status} | ({"statusHistory": [*history]} if history else {})
    return one(read_fhir(directory, resource), Encounter)


IN_HOUSE = was("in-progress", "2026-03-01T08:00:00Z", "2026-03-06T15:00:00Z")


def test_on_leave_the_stay_goes_on_and_the_patient_is_away_since_the_status_before_ended(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "onleave", IN_HOUSE)
    assert (found.inpatient, found.ends_at, found.leave_told) == (True, None, True)
    assert (found.away_since, found.leaves) == (at("2026-03-06T15:00:00"), ())


def test_without_a_history_it_is_since_the_source_stored_it_and_nothing_is_known_of_before(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "onleave")
    assert (found.away_since, found.leaves) == (found.recorded_at, None)
    here = read(tmp_path, "in-progress")
    assert (here.leave_told, here.away_since, here.leaves) == (True, None, None)


@pytest.mark.parametrize(
    ("period", "until"),
    [
        (("2026-03-06T15:00:00Z", "2026-03-08T18:00:00Z"), "2026-03-08T18:00:00"),
        (("2026-03-06T15:00:00Z", "2026-03-08"), "2026-03-08T00:00:00"),
        (("2026-03-06T15:00:00Z", None), "2026-03-09T00:00:00"),
    ],
)
def test_a_leave_of_the_history_ends_as_stated_else_when_the_next_status_began(
    period: tuple[str, str | None], until: str, tmp_path: Path
) -> None:
    after = was("in-progress", "2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z")
    found = read(tmp_path, "in-progress", IN_HOUSE, was("onleave", *period), after)
    assert found.leaves == (Absence(since=at("2026-03-06T15:00:00"), until=at(until)),)


def test_a_leave_of_which_nobody_says_when_it_began_is_none(tmp_path: Path) -> None:
    found = read(tmp_path, "in-progress", IN_HOUSE, was("onleave", None, "2026-03-08T18:00:00Z"))
    assert found.leaves == ()


def test_a_time_that_is_none_is_refused(tmp_path: Path) -> None:
    resource = stay() | {"statusHistory": [was("onleave", "last Friday", None)]}
    (refused,) = rejected(read_fhir(tmp_path, resource))
    assert refused.rejection.reason == "bad-time"


@pytest.mark.parametrize(
    "r5",
    [
        {"status": "on-hold"},
        {"subjectStatus": {"coding": [{"code": "on-leave"}]}},
    ],
)
def test_so_it_is_in_release_five(r5: dict[str, Any], tmp_path: Path) -> None:
    inpatient = [{"coding": [{"code": "IMP"}]}]
    resource = stay() | {"actualPeriod": stay()["period"], "class": inpatient} | r5
    found = one(read_fhir(tmp_path, resource), Encounter)
    assert found.away_since == found.recorded_at
