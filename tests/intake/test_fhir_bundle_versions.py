"""Several versions of one resource in one Bundle: the newest holds, and where nobody can say which that is
none of them does.
"""

from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.base import Mode
from schemas.clinical import Administration, Observation
from services.intake.door import Door
from services.intake.reading import Accepted, Reading, Rejected, unreadable_fact
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.safety.ledger.precedence import supersedes
from tests.intake.http_door import NDJSON, bundle, events, opened
from tests.intake.test_fhir_versions import Clock
from tests.intake.writing import administration, amount, describe, read_fhir, request

EIGHT, NINE = "2026-03-02T08:30:00Z", "2026-03-02T09:30:00Z"
LIVE = Door(clock=Clock())
HISTORY = Door(clock=Clock(), mode=Mode.BACKFILL)
FILES = Door()
DELETION = {"request": {"method": "DELETE", "url": "MedicationAdministration/dose-1"}}


def dose(value: int, *, stored: str | None = None, version: str | None = None, **more: Any) -> dict[str, Any]:
    meta = {"lastUpdated": stored, "versionId": version}
    said = {name: text for name, text in meta.items() if text is not None}
    return administration(meta=said or None, dosage={"dose": amount(value, "mg")}, **more)


def result(value: int, issued: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z", "issued": issued, "code": {"text": "weight"},
        "valueQuantity": amount(value, "kg"),
    }  # fmt: skip


def read(directory: Path, door: Door, kind: str, *resources: dict[str, Any]) -> list[Reading]:
    return read_fhir(directory, bundle(kind, *resources), door=door)


def holds(readings: list[Reading]) -> int:
    """The milligrams, or the kilograms, that count at the end."""
    stated = [reading.event for reading in readings if isinstance(reading, Accepted)]
    newest = reduce(lambda held, new: new if supersedes(new, held) else held, stated)  # type: ignore[arg-type]
    assert isinstance(newest, Administration | Observation)
    amount = newest.dose if isinstance(newest, Administration) else newest.value
    assert amount is not None
    return int(amount.value)


@pytest.mark.parametrize("door", [LIVE, HISTORY, FILES], ids=["live", "history", "files"])
@pytest.mark.parametrize(
    ("kind", "versions", "held"),
    [
        ("history", [dose(10), dose(20), dose(30)], 10),
        ("history", [dose(30), dose(20), dose(10)], 30),
        ("history", [dose(10, version="c"), dose(20, version="b")], 10),
        ("history", [dose(10, version="3"), dose(20, version="2")], 10),
        ("history", [dose(10, effectiveDateTime="2026-03-02T06:00:00Z"), dose(20)], 10),
        ("history", [dose(20, stored=EIGHT), dose(10, stored=NINE)], 10),
        ("collection", [dose(10, version="3"), dose(20, version="2"), dose(30, version="1")], 10),
        ("collection", [dose(20, version="9"), dose(10, version="10")], 10),
        (
            "searchset",
            [dose(20, version="1"), dose(10, version="2", effectiveDateTime="2026-03-02T06:00:00Z")],
            10,
        ),
        ("batch", [dose(10, stored=NINE), dose(20, stored=EIGHT)], 10),
        ("batch", [dose(10, stored=NINE, version="2"), dose(20, stored=NINE, version="1")], 10),
        ("collection", [dose(10), dose(10)], 10),
        ("collection", [result(20, issued=EIGHT), result(10, issued=NINE)], 10),
        ("history", [result(10, issued=NINE), result(20, issued=EIGHT)], 10),
    ],
)
def test_the_newest_of_a_bundle_holds(
    door: Door, kind: str, versions: list[dict[str, Any]], held: int, tmp_path: Path
) -> None:
    readings = read(tmp_path, door, kind, *versions)
    assert not any(isinstance(reading, Rejected) for reading in readings)
    assert holds(readings) == held


@pytest.mark.parametrize("door", [LIVE, HISTORY, FILES], ids=["live", "history", "files"])
@pytest.mark.parametrize(
    ("kind", "versions"),
    [
        ("collection", [dose(10), dose(20)]),
        ("batch", [dose(10, version="a"), dose(20, version="b")]),
        ("searchset", [dose(10, version="2"), dose(20, version="b")]),
        ("searchset", [dose(10, version="2"), dose(20)]),
        ("message", [dose(10, stored=NINE), dose(20)]),
        ("collection", [dose(10, stored=NINE), dose(20, stored=NINE)]),
        ("history", [dose(10, version="2"), dose(20, version="3")]),
        ("history", [dose(10, issued=EIGHT), dose(20, issued=NINE)]),
        ("collection", [dose(10, version="2"), dose(20, version="2"), dose(30, version="1")]),
    ],
)
def test_where_nobody_can_say_which_is_newer_none_is_read_and_the_patient_shows_it(
    door: Door, kind: str, versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    readings = read(tmp_path, door, kind, *versions)
    assert [describe(reading) for reading in readings] == ["stated-twice"] * len(versions)
    marks = [unreadable_fact(reading, door) for reading in readings if isinstance(reading, Rejected)]
    assert {(mark.patient, mark.about) for mark in marks if mark is not None} == {
        ("ada", "MedicationAdministration/dose-1")
    }


def test_versions_of_two_patients_are_shown_at_both(tmp_path: Path) -> None:
    readings = read(tmp_path, LIVE, "collection", dose(10), dose(10, subject={"reference": "Patient/bea"}))
    refused = [reading for reading in readings if isinstance(reading, Rejected)]
    assert [(reading.patient, reading.rejection.reason) for reading in refused] == [
        ("ada", "stated-twice"),
        ("bea", "stated-twice"),
    ]


def test_versions_that_differ_in_nothing_that_is_said_are_one(tmp_path: Path) -> None:
    tagged = dose(10) | {"meta": {"tag": [{"code": "shown"}]}, "text": {"status": "generated"}}
    assert holds(read(tmp_path, LIVE, "searchset", dose(10), tagged)) == 10


def test_a_dose_that_its_history_deletes_is_not_read_and_shown_at_its_patient(tmp_path: Path) -> None:
    told = bundle("history", dose(10), dose(20))
    readings = read_fhir(tmp_path, told | {"entry": [DELETION, *told["entry"]]}, door=LIVE)
    assert [describe(reading) for reading in readings] == [
        "bundle-entry-without-resource",
        "unsupported-method",
        "unsupported-method",
    ]
    assert {reading.patient for reading in readings if isinstance(reading, Rejected)} == {"ada"}


def test_a_dose_that_was_charted_again_after_its_deletion_is_read(tmp_path: Path) -> None:
    told = bundle("history", dose(10), dose(20))
    first, second = told["entry"]
    readings = read_fhir(tmp_path, told | {"entry": [first, DELETION, second]}, door=LIVE)
    assert holds(readings) == 10
    assert describe(readings[-1]) == "unsupported-method"


@pytest.mark.embedded
async def test_over_http_each_version_is_answered_with_what_became_of_it(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with opened(embedded_broker, door=Door("ehr", clock=lambda: datetime.now(UTC))) as client:
        history = await client.post("", bundle("history", dose(10), dose(20)))
        mixed = await client.post("", bundle("batch", dose(10, id="d2"), dose(20, id="d2"), request()))
        whole = await client.post("", bundle("transaction", dose(10, id="d3"), dose(20, id="d3")))
        stated = await events(embedded_broker)
    assert _said(history.json()) == [("201", None), ("200", "older-version")]
    assert _said(mixed.json()) == [("422", "stated-twice"), ("422", "stated-twice"), ("200", None)]
    assert whole.status_code == 422
    marks = [event.about for event in stated if event.kind == "unreadable"]
    assert sorted(marks) == ["MedicationAdministration/d2"] * 2 + ["MedicationAdministration/d3"] * 2
    assert sorted(event.entity for event in stated if event.kind != "unreadable") == [
        "MedicationAdministration/dose-1",
        "MedicationRequest/order-1",
    ]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("place", "statuses"),
    [
        ("/$ingest", {"accepted": 2, "rejected": 0}),
        ("/$ingest?mode=backfill", {"accepted": 0, "rejected": 2}),
    ],
)
async def test_lines_come_in_order_where_they_are_news_and_history_has_none(
    embedded_broker: EmbeddedBroker, place: str, statuses: dict[str, int]
) -> None:
    lines = b"\n".join(map(orjson.dumps, (dose(20), dose(10))))
    async with opened(embedded_broker, door=Door("ehr", clock=lambda: datetime.now(UTC))) as client:
        answer = await client.post(place, lines, **NDJSON)
        stated = await events(embedded_broker)
    counts = {part["name"]: part.get("valueInteger") for part in answer.json()["parameter"]}
    assert {name: counts[name] for name in statuses} == statuses
    assert [event.dose.value for event in stated if event.kind != "unreadable"] == [20, 10][
        : counts["accepted"]
    ]


@pytest.mark.embedded
async def test_a_history_within_a_batch_response_has_its_newest_first_as_well(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("", bundle("batch-response", bundle("history", dose(10), dose(20))))
        stated = await events(embedded_broker)
    assert answer.status_code == 200
    assert [event.dose.value for event in stated] == [10]


def _said(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The status of each entry and the reason of its first issue."""
    found = []
    for entry in answer["entry"]:
        issue = entry["response"]["outcome"]["issue"][0]
        coding = issue.get("details", {}).get("coding", [{}])[0]
        found.append((entry["response"]["status"][:3], coding.get("code")))
    return found
