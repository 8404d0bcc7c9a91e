"""What is refused names the element, as an OperationOutcome will."""

from pathlib import Path
from typing import Any

import pytest

from tests.intake.test_fhir_administrations import observation
from tests.intake.writing import administration, amount, instruction, read_fhir, rejected, request


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (request(status="unknown"), "MedicationRequest.status"),
        (request(intent="wish"), "MedicationRequest.intent"),
        (request(subject={"reference": "Group/ward"}), "MedicationRequest.subject"),
        (request(authoredOn="yesterday"), "MedicationRequest.authoredOn"),
        (
            request(
                dosageInstruction=[
                    instruction(),
                    instruction(doseAndRate=[{"doseQuantity": amount(-5, "mg")}]),
                ]
            ),
            "MedicationRequest.dosageInstruction[1].doseAndRate[0].dose",
        ),
        (
            request(dosageInstruction=[instruction(timing={"repeat": {"frequency": 0, "period": 1}})]),
            "MedicationRequest.dosageInstruction[0].timing.repeat.frequency",
        ),
        (
            request(
                dosageInstruction=[
                    instruction(timing={"repeat": {"boundsPeriod": {"start": "2026-13-01", "end": None}}})
                ]
            ),
            "MedicationRequest.dosageInstruction[0].timing.repeat.bounds.start",
        ),
        (
            request(
                dosageInstruction=[
                    instruction(maxDosePerPeriod={"numerator": {"value": "80"}, "denominator": {}})
                ]
            ),
            "MedicationRequest.dosageInstruction[0].maxDosePerPeriod.numerator",
        ),
        (administration(dosage={"dose": {"value": 10**30}}), "MedicationAdministration.dosage.dose"),
        (
            administration(dosage={"rateQuantity": amount(-5, "mg/h")}),
            "MedicationAdministration.dosage.rate",
        ),
        (
            administration(
                effectiveDateTime=None, effectivePeriod={"start": "2026-03-02T08:00:00Z", "end": "never"}
            ),
            "MedicationAdministration.effective.end",
        ),
        (
            administration(effectiveDateTime=None),
            "MedicationAdministration.effective",
        ),
        (
            observation(component=[{"valueQuantity": amount(1, "mg")}, {"valueQuantity": {"value": "7"}}]),
            "Observation.component[1].value",
        ),
        ({"resourceType": "Patient"}, "Patient.id"),
        ({"resourceType": "AllergyIntolerance", "id": "a"}, "AllergyIntolerance.patient"),
        (administration(meta={"lastUpdated": "2026-03-01T08:00:00Z"}), "MedicationAdministration"),
    ],
)
def test_a_rejection_leads_to_the_element(resource: dict[str, Any], path: str, tmp_path: Path) -> None:
    (refused,) = rejected(read_fhir(tmp_path, resource))
    assert refused.path == path


def test_where_nothing_of_fhir_is_recognised_no_path_is_invented(tmp_path: Path) -> None:
    (refused,) = rejected(read_fhir(tmp_path, {"no": "resource"}))
    assert refused.path is None
