"""MedicationStatement and MedicationDispense at the door: what is taken at home, and what was handed over."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.clinical import FactStatus, Order, OrderState
from services.intake.door import Door
from services.intake.reading import Accepted
from tests.intake.writing import (
    administration,
    amount,
    at,
    describe,
    instruction,
    one,
    read_fhir,
    rejected,
    request,
)


def statement(**more: Any) -> dict[str, Any]:
    """A MedicationStatement: baclofen 10 mg three times a day at home; None leaves an element out."""
    resource = {
        "resourceType": "MedicationStatement",
        "id": "home-1",
        "status": "active",
        "medicationCodeableConcept": {"text": "Baclofen 10 MG Oral Tablet"},
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2025-06-01",
        "dateAsserted": "2026-03-02T08:00:00Z",
        "dosage": [instruction(doseAndRate=[{"doseQuantity": amount(10, "mg")}])],
    } | more
    return {name: value for name, value in resource.items() if value is not None}


def taken(directory: Path, **more: Any) -> Order:
    return one(read_fhir(directory, statement(**more)), Order)


def test_what_is_taken_at_home_is_a_community_order_from_its_start_with_its_dosage(tmp_path: Path) -> None:
    order = taken(tmp_path)
    (dosage,) = order.dosages
    assert (order.entity, order.community, order.state) == (
        "MedicationStatement/home-1",
        True,
        OrderState.ACTIVE,
    )
    assert (order.effective_at, order.recorded_at) == (at("2025-06-01T00:00:00"), at("2026-03-02T08:00:00"))
    assert order.received_at == at("2026-03-02T08:00:00")
    assert (str(dosage.dose_high), dosage.times_high, order.ends_at) == ("10 mg", 3, None)


@pytest.mark.parametrize(
    ("status", "state", "stopped_at"),
    [
        ("active", OrderState.ACTIVE, None),
        ("intended", OrderState.ACTIVE, None),
        ("on-hold", OrderState.ON_HOLD, None),
        ("completed", OrderState.COMPLETED, at("2026-03-02T08:00:00")),
        ("stopped", OrderState.STOPPED, at("2026-03-02T08:00:00")),
        ("not-taken", OrderState.STOPPED, at("2025-06-01T00:00:00")),
    ],
)
def test_a_status_says_whether_and_until_when_it_is_taken(
    status: str, state: OrderState, stopped_at: object, tmp_path: Path
) -> None:
    order = taken(tmp_path, status=status, statusReason=[{"text": "felt dizzy"}])
    assert (order.state, order.stopped_at) == (state, stopped_at)
    assert order.status is FactStatus.STATED
    assert "dizzy" not in order.model_dump_json()


def test_a_period_ends_it_and_then_its_stop_needs_no_other_time(tmp_path: Path) -> None:
    period = {"start": "2025-06-01", "end": "2025-06-10"}
    order = taken(tmp_path, status="completed", effectiveDateTime=None, effectivePeriod=period)
    assert (order.ends_at, order.stopped_at) == (at("2025-06-11T00:00:00"), None)
    only_end = taken(
        tmp_path, status="completed", effectiveDateTime=None, effectivePeriod={"end": "2025-06-10"}
    )
    assert (only_end.effective_at, only_end.ends_at) == (at("2025-06-10T00:00:00"), at("2025-06-11T00:00:00"))


def test_an_undated_home_medication_is_received_with_the_first_dated_fact(tmp_path: Path) -> None:
    readings = read_fhir(tmp_path, statement(effectiveDateTime=None, dateAsserted=None), administration())
    assert one(readings, Order).effective_at == at("2026-03-02T08:00:00")
    assert not any(isinstance(item, Accepted) and item.untimed for item in readings)


def test_with_a_live_clock_a_home_medication_is_received_now(tmp_path: Path) -> None:
    now = at("2026-03-09T12:00:00")
    live = Door(zone=ZoneInfo("UTC"), clock=lambda: now)
    assert one(read_fhir(tmp_path, statement(), door=live), Order).received_at == now


def test_a_statement_entered_in_error_is_a_void(tmp_path: Path) -> None:
    order = taken(tmp_path, status="entered-in-error", dosage=None)
    assert (order.status, order.dosages) == (FactStatus.ENTERED_IN_ERROR, ())


@pytest.mark.parametrize(
    ("more", "reason", "path"),
    [
        ({"status": "unknown"}, "unknown-status", "MedicationStatement.status"),
        ({"subject": None}, "missing-patient", "MedicationStatement.subject"),
        ({"dateAsserted": "lately"}, "bad-time", "MedicationStatement.dateAsserted"),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2025-06-10", "end": "2025-06-01"}},
            "end-before-start",
            "MedicationStatement.effective",
        ),
        (
            {"dosage": [instruction(doseAndRate=[{"doseQuantity": amount(-1, "mg")}])]},
            "negative-value",
            "MedicationStatement.dosage[0].doseAndRate[0].dose",
        ),
    ],
)
def test_a_statement_that_cannot_be_understood_is_refused_at_its_element(
    more: dict[str, Any], reason: str, path: str, tmp_path: Path
) -> None:
    (refused,) = rejected(read_fhir(tmp_path, statement(**more)))
    assert (refused.rejection.reason, refused.path) == (reason, path)
    assert refused.about == "MedicationStatement/home-1"


def test_what_was_handed_over_is_neither_an_order_nor_a_dose(tmp_path: Path) -> None:
    dispense = request(
        resourceType="MedicationDispense", status="completed", whenHandedOver="2026-03-02T08:00:00Z"
    )
    assert [describe(reading) for reading in read_fhir(tmp_path, dispense)] == [
        "dispensed-is-neither-ordered-nor-given"
    ]
