"""What a message read again by itself cannot show is never passed over: it is not retried, and told why."""

import base64
from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.intake.fhir import administrations as fhir_doses
from services.intake.rejected.retrying import Result
from services.intake.rejected.topic import Entry
from services.intake.trust.sources import Source, Sources
from tests.intake.rejecting_door import FHIR, entry_of
from tests.intake.retried_rejections import LIVE, THEN, again, beside, fact
from tests.intake.test_publisher import ADA, SITE
from tests.intake.writing import administration


def test_the_same_dose_is_accepted_where_nothing_stands_against_it() -> None:
    assert again(beside()).result is Result.ACCEPTED


@pytest.mark.parametrize(
    "changed",
    [
        {"reason": "wrong-url"},
        {"reason": "source-not-allowed"},
        {"reason": "stated-twice"},
        {"reason": "wrong-topic"},
        {"hop": "notifier"},
        {"time_domain": None},
        {"reason": "unsupported-method"},
        {"reason": "wrong-envelope"},
        {"reason": "unknown-media-type"},
        {"length": 0, "content": ""},
        {"zone": "Mars/Olympus"},
    ],
)
def test_what_lies_beside_the_message_is_not_passed_over_by_reading_it_alone(changed: dict[str, Any]) -> None:
    found = again(beside(**changed))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert found.detail


def speaking_of(*kinds: str, name: str = "ehr") -> Sources:
    """A sources file with one source, which may state these kinds."""
    return Sources(
        sources=(
            Source.model_validate(
                {"name": name, "address": "127.0.0.0/8", "facilities": "any", "maximum_silence": "1 h"}
                | {"kinds": list(kinds)}
            ),
        )
    )


@pytest.mark.parametrize(
    ("sources", "result"),
    [
        (speaking_of("administration"), Result.ACCEPTED),
        (speaking_of("order"), Result.REJECTED),
        (speaking_of("administration", name="other"), Result.NOT_RETRIED),
    ],
)
def test_a_peer_is_held_to_what_its_source_may_state_today(sources: Sources, result: Result) -> None:
    entry = beside(reason="source-not-allowed")
    peer = entry.rejected.origin.model_copy(update={"peer": "127.0.0.1"})
    found = again(
        replace(entry, rejected=entry.rejected.model_copy(update={"origin": peer})), sources=sources
    )
    assert found.result is result
    assert found.reason == ("" if result is Result.ACCEPTED else "source-not-allowed")


def test_a_row_of_a_table_is_not_read_without_its_tables() -> None:
    entry = beside()
    row = entry.rejected.model_copy(
        update={"origin": entry.rejected.origin.model_copy(update={"door": "mimic3"})}
    )
    found = again(replace(entry, rejected=row))
    assert found.result is Result.NOT_RETRIED
    assert "feed its files again" in found.detail


@pytest.mark.parametrize(
    "led_out",
    [
        {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "Medication/m", "display": "x"},
        },
        {"subject": {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}},
        {"request": {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}},
    ],
)
def test_what_means_something_only_beside_others_is_not_read_alone(
    led_out: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, administration(**led_out), LIVE, THEN)
    found = again(entry)
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())


def test_a_drug_that_came_within_the_dose_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "baclofen"}}
    within = administration(
        medicationCodeableConcept=None, medicationReference={"reference": "#m"}, contained=[drug]
    )
    with monkeypatch.context() as before:
        before.delitem(fhir_doses._OUTCOMES, "completed")
        entry = entry_of(FHIR, within, LIVE, THEN)
    assert fact(again(entry)).medication.text == "baclofen"


def test_nothing_is_stated_of_another_patient_than_the_one_who_was_marked(unknown_dose: Entry) -> None:
    assert unknown_dose.rejected.mark is not None
    assert unknown_dose.rejected.mark.patient == ADA
    other = unknown_dose.rejected.mark.model_copy(update={"patient": SITE.patient_key("ben")})
    moved = unknown_dose.rejected.model_copy(update={"mark": other})
    found = again(replace(unknown_dose, rejected=moved))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert "another patient" in found.detail


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "knowledge-activated", "knowledge_version": "2-other", "shadow": False},
        {"kind": "heartbeat", "source": "pump"},
    ],
)
def test_what_is_about_no_patient_is_never_said_again(told: dict[str, Any]) -> None:
    entry = beside(reason="unknown-kind")
    line = orjson.dumps(told | {"event_id": "e", "received_at": "2026-03-02T09:00:00Z"})
    update = {
        "origin": entry.rejected.origin.model_copy(update={"door": "kafka"}),
        "content": base64.b64encode(line).decode(),
        "length": len(line),
        "mark": None,
    }
    found = again(replace(entry, rejected=entry.rejected.model_copy(update=update)))
    assert (found.result, found.readings) == (Result.NOT_RETRIED, ())
    assert "about no patient" in found.detail
