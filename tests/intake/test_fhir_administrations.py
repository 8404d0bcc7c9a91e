"""MedicationAdministration and Observation at the door."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration, FactStatus, Observation, Outcome
from services.intake.door import Door
from services.intake.reading import Accepted
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.intake.writing import administration, amount, at, describe, dose_of, one, read_fhir, rejected


def observation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "lab-1",
        "status": "final",
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T07:00:00Z",
        "issued": "2026-03-02T07:40:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "5643-2"}]},
    } | more


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", Outcome.GIVEN),
        ("stopped", Outcome.GIVEN),
        ("in-progress", Outcome.IN_PROGRESS),
        ("on-hold", Outcome.PAUSED),
        ("not-done", Outcome.NOT_DONE),
    ],
)
def test_a_status_says_whether_it_was_given(status: str, outcome: Outcome, tmp_path: Path) -> None:
    assert dose_of(tmp_path, status=status).outcome is outcome


def test_a_dose_entered_in_error_is_a_void_whatever_else_it_says(tmp_path: Path) -> None:
    void = dose_of(
        tmp_path,
        status="entered-in-error",
        dosage={"dose": amount(-3, "mg")},
        meta={"versionId": "2", "lastUpdated": "2026-03-02T09:00:00Z"},
    )
    assert (void.status, void.dose, void.version) == (FactStatus.ENTERED_IN_ERROR, None, 2)
    assert void.recorded_at == void.received_at == at("2026-03-02T09:00:00")


def test_an_infusion_runs_from_start_to_end(tmp_path: Path) -> None:
    span = {"start": "2026-03-02T08:00:00+01:00", "end": "2026-03-02T10:00:00+01:00"}
    given = dose_of(
        tmp_path,
        effectiveDateTime=None,
        effectivePeriod=span,
        request={"reference": "MedicationRequest/order-1"},
    )
    assert (given.effective_at, given.ended_at) == (at("2026-03-02T07:00:00"), at("2026-03-02T09:00:00"))
    assert given.order == "MedicationRequest/order-1"


def test_a_late_charted_dose_keeps_when_it_happened_and_when_it_was_stored(tmp_path: Path) -> None:
    given = dose_of(tmp_path, meta={"lastUpdated": "2026-03-02T14:00:00Z"})
    assert given.effective_at == at("2026-03-02T08:00:00")
    assert given.recorded_at == given.received_at == at("2026-03-02T14:00:00")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "unknown"}, "unknown-status"),
        ({"effectiveDateTime": None}, "missing-time"),
        ({"effectiveDateTime": "2026-03-02"}, "imprecise-time"),
        ({"dosage": {"dose": amount(-10, "mg")}}, "negative-value"),
        ({"meta": {"lastUpdated": "2026-03-02T07:00:00Z"}}, "future-event"),
        (
            {
                "effectiveDateTime": None,
                "effectivePeriod": {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T07:00:00Z"},
            },
            "end-before-start",
        ),
    ],
)
def test_a_dose_that_cannot_be_understood_is_refused_and_names_its_patient(
    more: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    readings = read_fhir(tmp_path, administration(**more))
    assert [describe(reading) for reading in readings] == [reason]
    (found,) = rejected(readings)
    assert (found.patient, found.about) == ("ada", "MedicationAdministration/dose-1")


@pytest.mark.parametrize(
    ("more", "value", "text"),
    [
        ({"valueQuantity": amount(1.2, "mg/dL")}, "1.2 mg/dL", ""),
        ({"valueQuantity": {"value": 9}}, "9 1", ""),
        ({"valueQuantity": {"value": 10, "unit": "mg/dL", "comparator": "<"}}, None, "<10 mg/dL"),
        ({"valueQuantity": amount(-3, "mmol/L")}, None, "-3 mmol/L"),
        ({"valueString": "NEG"}, None, "NEG"),
        ({"valueCodeableConcept": {"coding": [{"code": "POS", "display": "Positive"}]}}, None, "Positive"),
        ({"valueBoolean": True}, None, "true"),
        ({"valueInteger": 4}, "4 1", ""),
        ({"valueInteger": -4}, None, "-4"),
        ({"dataAbsentReason": {"text": "not tested"}}, None, ""),
        ({"valueDateTime": "2026-01-05"}, None, "2026-01-05"),
        ({"valueRange": {"low": amount(2, "mg/dL"), "high": amount(3, "mg/dL")}}, None, "2 mg/dL to 3 mg/dL"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, None, "1 : 128"),
        ({"interpretation": [{"coding": [{"code": "POS", "display": "Positive"}]}]}, None, "Positive"),
        ({"interpretation": [{"coding": [{"code": "X1"}, {"code": "ND", "display": "None"}]}]}, None, "None"),
        ({"interpretation": [{"text": "see the comment"}]}, None, ""),
        ({"interpretation": [{"coding": [{"code": "H", "display": "High"}]}]}, None, ""),
    ],
)
def test_an_observation_has_a_number_only_where_its_source_gave_one(
    more: dict[str, Any], value: str | None, text: str, tmp_path: Path
) -> None:
    found = one(read_fhir(tmp_path, observation(**more)), Observation)
    assert (str(found.value) if found.value else None, found.text) == (value, text)
    assert (found.effective_at, found.recorded_at) == (at("2026-03-02T07:00:00"), at("2026-03-02T07:40:00"))


@pytest.mark.parametrize("code", [None, {}, {"coding": []}, {"coding": [{"system": "http://loinc.org"}]}])
def test_a_result_of_nobody_knows_what_is_rejected(code: object, tmp_path: Path) -> None:
    assert [item.path for item in rejected(read_fhir(tmp_path, observation(code=code)))] == [
        "Observation.code"
    ]
    void = observation(code=code, status="entered-in-error")
    assert one(read_fhir(tmp_path, void), Observation).status is FactStatus.ENTERED_IN_ERROR


def test_each_component_is_an_observation_of_its_own(tmp_path: Path) -> None:
    parts = [{"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": amount(120, "mm[Hg]")}] * 2
    readings = read_fhir(tmp_path, observation(component=parts))
    entities = [
        reading.event.entity
        for reading in readings
        if isinstance(reading, Accepted) and reading.event.kind == "observation"
    ]
    assert entities == ["Observation/lab-1#1", "Observation/lab-1#2", "Observation/lab-1"]


def test_a_corrected_panel_takes_back_the_components_that_it_has_no_longer(tmp_path: Path) -> None:
    parts = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": amount(value, "mmol/L"),
        }
        for code, value in (("2823-3", 9), ("2951-2", 140))
    ]
    older = observation(component=parts, meta={"lastUpdated": "2026-03-02T08:00:00Z"})
    newer = observation(component=parts[1:], meta={"lastUpdated": "2026-03-02T09:00:00Z"})
    readings = read_fhir(tmp_path, older, newer)
    facts = [reading.event for reading in readings if isinstance(reading, Accepted)]
    ledger = folded(facts, KNOWLEDGE)  # type: ignore[arg-type]
    assert "loinc|2823-3" not in ledger.observed
    assert len(ledger.observed["loinc|2951-2"].entries) == 1


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_observation_taken_back_is_a_void(status: str, tmp_path: Path) -> None:
    assert (
        one(read_fhir(tmp_path, observation(status=status)), Observation).status
        is FactStatus.ENTERED_IN_ERROR
    )


ABSENT = {"coding": [{"code": "not-performed"}]}


def test_a_result_that_says_why_it_has_no_value_is_taken_back_and_its_components_stand(
    tmp_path: Path,
) -> None:
    parts: list[dict[str, Any]] = [
        {"valueQuantity": amount(120, "mm[Hg]")},
        {"dataAbsentReason": ABSENT},
    ]
    readings = read_fhir(tmp_path, observation(dataAbsentReason=ABSENT, component=parts))
    found = [item.event for item in readings if isinstance(item, Accepted)]
    statuses = {item.entity: item.status for item in found if isinstance(item, Observation)}
    void, stated = FactStatus.ENTERED_IN_ERROR, FactStatus.STATED
    assert statuses == {
        "Observation/lab-1": void,
        "Observation/lab-1#1": stated,
        "Observation/lab-1#2": void,
    }


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"valueQuantity": amount(80, "kg"), "dataAbsentReason": ABSENT}, "Observation.dataAbsentReason"),
        ({"valueString": "NEG", "dataAbsentReason": ABSENT}, "Observation.dataAbsentReason"),
        (
            {"component": [{"valueQuantity": amount(80, "kg"), "dataAbsentReason": ABSENT}]},
            "Observation.component[0].dataAbsentReason",
        ),
    ],
)
def test_a_value_beside_the_word_that_there_is_none_is_not_believed_and_the_patient_shows_it(
    more: dict[str, Any], path: str, tmp_path: Path
) -> None:
    readings = read_fhir(tmp_path, observation(**more))
    (found,) = rejected(readings)
    assert [describe(each) for each in readings] == ["contradiction"]
    assert (found.patient, found.about, found.path) == ("ada", "Observation/lab-1", path)
    void = read_fhir(tmp_path, observation(status="entered-in-error", **more))
    assert not rejected(void), "what is taken back need not be right"


def test_with_a_live_clock_everything_is_received_now(tmp_path: Path) -> None:
    now = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    given = one(read_fhir(tmp_path, administration(), door=Door(clock=lambda: now)), Administration)
    assert (given.received_at, given.effective_at) == (now, at("2026-03-02T08:00:00"))
