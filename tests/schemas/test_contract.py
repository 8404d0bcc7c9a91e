"""The contract refuses what it cannot hold: naive times, unknown fields, doses of the future."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from schemas.clinical import CLINICAL_EVENT, Administration
from schemas.stream_events import SourceHeartbeat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def told(**changes: Any) -> dict[str, Any]:
    """A dose of 20 mg as a producer would write it."""
    content = {
        "kind": "administration",
        "event_id": "e1",
        "patient": "p1",
        "entity": "dose/1",
        "effective_at": "2026-03-02T12:00:00Z",
        "recorded_at": "2026-03-02T12:00:00Z",
        "received_at": "2026-03-02T12:00:05Z",
        "source": "emar",
        "medication": {"text": "baclofen", "codings": [{"system": "rxnorm", "code": "1292"}]},
        "route": "oral",
        "dose": {"value": "20", "unit": "mg"},
    }
    return {**content, **changes}


def read(content: dict[str, Any]) -> Any:
    """Through JSON, as from a topic."""
    return CLINICAL_EVENT.validate_json(orjson.dumps(content))


def test_a_dose_reads_as_what_was_given() -> None:
    event = read(told())
    assert isinstance(event, Administration)
    assert event.dose is not None
    assert (event.dose.to("ug"), event.effective_at) == (20_000, NOON)


def test_a_time_with_another_offset_is_kept_in_utc() -> None:
    event = read(told(effective_at="2026-03-02T13:00:00+01:00"))
    assert event.effective_at == NOON
    assert event.effective_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_at": "2026-03-02T12:00:00"},
        {"effective_at": "2026-03-02T12:05:06Z"},
        {"ended_at": "2026-03-02T11:59:59Z"},
        {"dose": {"value": "-1", "unit": "mg"}},
        {"dose": {"value": 20}},
        {"nurse": "somebody"},
        {"kind": "prescription"},
        {"patient": ""},
        {"status": "maybe"},
    ],
    ids=[
        "time without an offset", "over five minutes in the future", "ends before it starts", "negative dose",
        "dose without a unit", "a field that nobody reads", "unknown kind", "no patient", "unknown status",
    ],
)  # fmt: skip
def test_what_the_contract_cannot_hold_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(told(**changes))


def test_a_clock_five_minutes_ahead_is_tolerated() -> None:
    assert read(told(effective_at="2026-03-02T12:05:05Z")).dose is not None


def test_a_fact_is_frozen_and_the_same_after_a_journey() -> None:
    event = read(told())
    with pytest.raises(ValidationError):
        event.patient = "p2"
    assert CLINICAL_EVENT.validate_json(event.model_dump_json()) == event


def test_a_heartbeat_speaks_of_no_patient() -> None:
    assert "patient" not in SourceHeartbeat.model_fields
