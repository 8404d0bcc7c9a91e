"""Which of two versions of a resource is the later one: by the store that keeps it, and where a sender
without a store says nothing of versions, by when it came in.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from schemas.base import Mode
from schemas.clinical import PatientFact
from services.intake.door import Door
from services.intake.reading import Accepted, Rejected, unreadable_fact
from services.safety.ledger.precedence import supersedes
from tests.intake.writing import administration, amount, read_fhir, request

BEGUN = datetime(2026, 3, 2, 16, tzinfo=UTC)


class Clock:
    """Each look is a second later."""

    def __init__(self) -> None:
        self.now = BEGUN

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def in_turn(directory: Path, *resources: dict[str, Any]) -> list[PatientFact]:
    """What a live door states of these, brought one after the other."""
    readings = read_fhir(directory, *resources, door=Door(clock=Clock()))
    return [reading.event for reading in readings if isinstance(reading, Accepted)]  # type: ignore[misc]


def dose(value: int, **more: Any) -> dict[str, Any]:
    return administration(meta=None, dosage={"dose": amount(value, "mg")}, **more)


@pytest.mark.parametrize(
    "versions",
    [
        (dose(10), dose(20)),
        (dose(20), dose(10)),
        (request(meta=None), request(meta=None, status="on-hold"), request(meta=None)),
        (request(meta=None), request(meta=None, status="stopped")),
    ],
    ids=["more", "less", "held-and-released", "stopped"],
)
def test_without_a_store_time_what_comes_later_is_the_later_version(
    tmp_path: Path, versions: tuple[dict[str, Any], ...]
) -> None:
    stated = in_turn(tmp_path, *versions)
    assert len(stated) == len(versions)
    assert all(supersedes(new, old) for old, new in pairwise(stated))


def test_a_store_time_decides_whatever_comes_later(tmp_path: Path) -> None:
    newer = dose(20) | {"meta": {"lastUpdated": "2026-03-02T12:00:00Z"}}
    older = dose(10) | {"meta": {"lastUpdated": "2026-03-02T11:00:00Z"}}
    first, second = in_turn(tmp_path, newer, older)
    assert not supersedes(second, first)


def test_an_order_that_was_stopped_nobody_says_when_was_in_force_until_it_was_told(tmp_path: Path) -> None:
    """One that ended when it was written would never have been in force."""
    (stopped,) = in_turn(tmp_path, request(meta=None, status="stopped"))
    assert stopped.effective_at < BEGUN
    assert stopped.recorded_at > BEGUN


def test_an_order_of_history_that_was_stopped_nobody_says_when_did_not_last_until_it_was_loaded(
    tmp_path: Path,
) -> None:
    """Else each that ended years ago would end at the load, and its patient would be in withdrawal then."""
    door = Door(clock=Clock(), mode=Mode.BACKFILL)
    (reading,) = read_fhir(tmp_path, request(meta=None, status="stopped"), door=door)
    assert isinstance(reading, Accepted)
    assert reading.event.recorded_at == reading.event.effective_at  # type: ignore[union-attr]


def test_a_corrected_resource_ends_the_mark_of_the_one_that_could_not_be_read(tmp_path: Path) -> None:
    door = Door(clock=Clock())
    refused, mended = read_fhir(tmp_path, dose(10, status="unknown"), dose(10), door=door)
    assert isinstance(refused, Rejected)
    assert isinstance(mended, Accepted)
    mark = unreadable_fact(refused, door)
    assert mark is not None
    assert mark.about == mended.event.entity  # type: ignore[union-attr]
    assert mended.event.recorded_at > mark.recorded_at  # type: ignore[union-attr]
