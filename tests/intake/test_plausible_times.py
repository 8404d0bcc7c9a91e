"""A slip in a year or a clock that is days ahead is told, at the doors whose clock is that of the wall."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.clinical import Administration, Order, UnreadableFact
from schemas.rejections import Origin
from services.intake.door import Door
from services.intake.events import read_text
from services.intake.reading import Accepted, Reading, Rejected, unreadable_fact
from tests.intake.hl7v2_writing import MSH, NOW, ORC, fields, message, refusals, rxa, rxe, told
from tests.intake.writing import administration, one, read_fhir, rejected, request

LIVE = Door(clock=lambda: NOW)
WARD = message("RAS^O17^RAS_O17", ORC.format(control="RE"), rxa())


def mark(reading: Reading) -> UnreadableFact:
    assert isinstance(reading, Rejected)
    found = unreadable_fact(reading, LIVE)
    assert found is not None
    return found


def test_a_message_from_a_clock_that_is_days_ahead_is_rejected_and_its_mark_can_end() -> None:
    """Believed, its charting time would win over every later correction."""
    ahead = WARD.replace(b"20260301080512", b"20360301080512")
    outcome = told(ahead)
    assert [reason for reason, *_ in refusals(outcome)] == ["clock-ahead"]
    (refused,) = [reading for reading in outcome.readings if isinstance(reading, Rejected)]
    assert mark(refused).recorded_at == NOW


def test_a_clock_that_is_minutes_ahead_is_believed() -> None:
    assert refusals(told(WARD.replace(b"20260301080512", b"20260301083000"))) == []


def test_in_simulated_time_nothing_is_held_against_a_source(tmp_path: Path) -> None:
    ahead = request(authoredOn="2150-03-02T08:00:00Z", meta={"lastUpdated": "2150-03-02T08:00:00Z"})
    assert one(read_fhir(tmp_path, ahead), Order).effective_at.year == 2150


def test_a_dose_of_another_century_is_rejected(tmp_path: Path) -> None:
    slip = administration(
        effectiveDateTime="1826-03-01T07:00:00Z", meta={"lastUpdated": "2026-03-01T07:00:00Z"}
    )
    (refused,) = rejected(read_fhir(tmp_path, slip, door=LIVE))
    assert refused.rejection.reason == "implausible-time"
    assert mark(refused).about == "MedicationAdministration/dose-1"


@pytest.mark.parametrize(("begins", "reasons"), [("20270201", []), ("20620301", ["implausible-time"])])
def test_an_order_may_begin_within_a_year(begins: str, reasons: list[str]) -> None:
    timed = fields("TQ1", f1="1", f3="BID", f7=begins + "080000+0100")
    outcome = told(message("RDE^O11^RDE_O11", ORC.format(control="NW"), timed, rxe(), msh=MSH))
    assert [reason for reason, *_ in refusals(outcome)] == reasons


def test_an_event_charted_ahead_is_rejected_as_well() -> None:
    stated = {
        "kind": "administration", "event_id": "d-1", "patient": "bed-7", "entity": "dose/1", "source": "emar",
        "effective_at": "2026-03-01T07:00:00Z", "received_at": "2026-03-01T07:00:00Z",
        "medication": {"text": "x"},
    }  # fmt: skip
    read = {}
    for ahead in (timedelta(hours=23), timedelta(hours=25)):
        text = json.dumps({**stated, "recorded_at": (NOW + ahead).isoformat()}).encode()
        read[ahead] = read_text(text, Origin(door="events", path="x", line=1), LIVE)
    near, far = read.values()
    assert isinstance(near, Accepted)
    assert isinstance(near.event, Administration)
    assert isinstance(far, Rejected)
    assert far.rejection.reason == "clock-ahead"


@pytest.mark.parametrize(("born", "accepted"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_a_birth_date_that_lies_ahead_is_rejected(born: timedelta, accepted: bool) -> None:
    """Believed, it would make a newborn of whoever it is stated of."""
    stated = {
        "kind": "patient", "event_id": "p-1", "patient": "bed-7", "entity": "self", "source": "adt",
        "effective_at": "2026-03-01T07:00:00Z", "recorded_at": "2026-03-01T07:00:00Z",
        "received_at": NOW.isoformat(), "born_at": (NOW + born).isoformat(),
    }  # fmt: skip
    reading = read_text(json.dumps(stated).encode(), Origin(door="events", path="x", line=1), LIVE)
    assert isinstance(reading, Accepted) is accepted
    if isinstance(reading, Rejected):
        assert reading.rejection.reason == "implausible-time"


@pytest.mark.parametrize(("begins", "accepted"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_an_allergy_or_condition_that_begins_ahead_is_rejected(
    begins: timedelta, accepted: bool, tmp_path: Path
) -> None:
    """Believed, nothing would be held against it until then: 2062 for 2026."""
    about = {"onsetDateTime": (NOW + begins).isoformat(), "code": {"text": "penicillin"}}
    allergy = about | {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/ada"}}
    condition = about | {"resourceType": "Condition", "subject": {"reference": "Patient/ada"}}
    readings = read_fhir(tmp_path, allergy, condition, door=LIVE)
    assert [isinstance(reading, Accepted) for reading in readings] == [accepted, accepted]
    assert {item.rejection.reason for item in rejected(readings)} == (
        set() if accepted else {"implausible-time"}
    )
