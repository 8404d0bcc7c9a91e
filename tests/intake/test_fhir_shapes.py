"""What changes the sense of a resource is found wherever it stands, and never passed over for its shape."""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration, Allergy, Condition, FactStatus, Order
from tests.intake.writing import (
    administration,
    amount,
    dose_of,
    instruction,
    one,
    read_fhir,
    rejected,
    request,
)

LOCAL = {"system": "https://ehr.example/status", "code": "X1"}


def problem(kind: str, **more: Any) -> dict[str, Any]:
    about = "patient" if kind == "AllergyIntolerance" else "subject"
    return {
        "resourceType": kind,
        "id": "p",
        about: {"reference": "Patient/ada"},
        "recordedDate": "2026-03-01",
        "code": {"text": "penicillin"},
    } | more


def said(code: str) -> list[object]:
    """A status as R4 has it, behind a code of the house, in words, and as STU3 had it."""
    coding = {"system": "http://terminology.hl7.org/CodeSystem/status", "code": code}
    return [{"coding": [coding]}, {"coding": [LOCAL, coding]}, {"text": code}, code]


@pytest.mark.parametrize("status", said("entered-in-error"))
def test_an_error_is_one_however_it_is_stated(status: object, tmp_path: Path) -> None:
    allergy = problem("AllergyIntolerance", verificationStatus=status)
    condition = problem("Condition", verificationStatus=status)
    readings = read_fhir(tmp_path, allergy, condition)
    assert one(readings, Allergy).status is FactStatus.ENTERED_IN_ERROR
    assert one(readings, Condition).status is FactStatus.ENTERED_IN_ERROR


@pytest.mark.parametrize("status", said("resolved"))
def test_what_is_over_is_over_however_it_is_stated(status: object, tmp_path: Path) -> None:
    readings = read_fhir(
        tmp_path,
        problem("AllergyIntolerance", clinicalStatus=status),
        problem("Condition", clinicalStatus=status),
    )
    assert (one(readings, Allergy).active, one(readings, Condition).active) == (False, False)


@pytest.mark.parametrize(
    ("status", "ended"), [("active", False), ("relapse", False), ("resolved", True), (None, True)]
)
def test_a_condition_that_is_stated_to_hold_holds_whatever_its_end(
    status: str | None, ended: bool, tmp_path: Path
) -> None:
    times = {"onsetDateTime": "2020-01-01", "abatementDateTime": "2025-01-01"}
    coded = {"clinicalStatus": {"coding": [{"code": status}]}} if status else {}
    found = one(read_fhir(tmp_path, problem("Condition", **times, **coded)), Condition)
    assert (found.active, found.abated_at is not None) == (not ended, ended)


def test_a_condition_that_ends_before_it_begins_is_rejected(tmp_path: Path) -> None:
    turned = problem("Condition", onsetDateTime="2025-01-01", abatementDateTime="2020-01-01")
    assert [item.path for item in rejected(read_fhir(tmp_path, turned))] == ["Condition.abatement"]


@pytest.mark.parametrize("status", [{"coding": [LOCAL]}, {"text": "as the nurse said"}, None])
def test_a_status_of_the_house_alone_leaves_what_is_stated_as_it_is(status: object, tmp_path: Path) -> None:
    told = problem("AllergyIntolerance", verificationStatus=status, clinicalStatus=status)
    found = one(read_fhir(tmp_path, told), Allergy)
    assert (found.status, found.active) == (FactStatus.STATED, True)


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (request(doNotPerform="true"), "MedicationRequest.doNotPerform"),
        (request(doNotPerform=1), "MedicationRequest.doNotPerform"),
        (
            request(dosageInstruction=[instruction(asNeededBoolean="true")]),
            "MedicationRequest.dosageInstruction[0].asNeeded",
        ),
        (
            request(dosageInstruction=[instruction(sequence="2")]),
            "MedicationRequest.dosageInstruction[0].sequence",
        ),
        (administration(dosage=[{"dose": amount(10, "mg")}]), "MedicationAdministration.dosage"),
        (administration(dosage="10 mg"), "MedicationAdministration.dosage"),
        ({"resourceType": "Patient", "id": "ada", "deceasedBoolean": "true"}, "Patient.deceased"),
        (
            problem("Condition", verificationStatus=[{"coding": [{"code": "refuted"}]}]),
            "Condition.verificationStatus",
        ),
    ],
)
def test_what_has_not_the_shape_of_fhir_is_not_taken_for_absent(
    resource: dict[str, Any], place: str, tmp_path: Path
) -> None:
    assert [item.path for item in rejected(read_fhir(tmp_path, resource))] == [place]


def test_an_allergy_to_each_of_several_substances_names_none_of_them(tmp_path: Path) -> None:
    two = [{"substance": {"text": "penicillin"}}, {"substance": {"text": "ibuprofen"}}]
    same = [two[0], two[0], {"manifestation": [{"text": "rash"}]}]
    readings = read_fhir(
        tmp_path,
        problem("AllergyIntolerance", code=None, reaction=two),
        problem("AllergyIntolerance", id="q", code=None, reaction=same),
    )
    assert [(item.rejection.reason, item.path) for item in rejected(readings)] == [
        ("missing-code", "AllergyIntolerance.code")
    ]
    assert one(readings, Allergy).substance.text == "penicillin"


def rates(ratio: int, quantity: int) -> dict[str, Any]:
    told = {"numerator": amount(ratio, "mL"), "denominator": amount(1, "h")}
    return {"rateRatio": told, "rateQuantity": amount(quantity, "mL/h")}


def test_of_two_rates_that_differ_none_is_believed(tmp_path: Path) -> None:
    assert dose_of(tmp_path, dosage=rates(5, 50)).rate is None
    assert dose_of(tmp_path, dosage=rates(5, 5)).rate is not None


def drugs(*contained: dict[str, Any]) -> dict[str, Any]:
    return request(
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m", "display": "Baclofen"},
        contained=list(contained),
    )


@pytest.mark.parametrize(
    "contained",
    [
        [
            {"resourceType": "Medication", "id": "m", "code": {"text": "Warfarin"}},
            {"resourceType": "Medication", "id": "m", "code": {"text": "Heparin"}},
        ],
        [{"resourceType": "Substance", "id": "m", "code": {"text": "Warfarin"}}],
    ],
    ids=["two-of-one-id", "no-medication"],
)
def test_a_reference_that_leads_to_no_single_product_leaves_its_display(
    contained: list[dict[str, Any]], tmp_path: Path
) -> None:
    drug = one(read_fhir(tmp_path, drugs(*contained)), Order).medication
    assert (drug.text, drug.codings, drug.ingredients) == ("Baclofen", (), ())


def test_the_ingredients_of_a_product_are_found_among_what_is_contained(tmp_path: Path) -> None:
    coded = request()["medicationCodeableConcept"]
    substance = {"resourceType": "Substance", "id": "s", "code": coded}
    parts = [{"itemReference": {"reference": "#s"}, "strength": {"numerator": amount(10, "mg")}}]
    product = {"resourceType": "Medication", "id": "m", "ingredient": parts}
    (within,) = one(read_fhir(tmp_path, drugs(product, substance)), Order).medication.ingredients
    given = administration(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"})
    apart = product | {"contained": [substance]}
    (beside,) = one(read_fhir(tmp_path, given, apart), Administration).medication.ingredients
    for found in (within, beside):
        assert (found.name, [coding.code for coding in found.codings]) == ("Baclofen", ["1292"])
