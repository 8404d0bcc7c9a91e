"""What entries of one Bundle mean by one another: by full URLs, and by versions of a Medication."""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration, Encounter, Order
from services.intake.reading import Reading
from tests.intake.writing import administration, amount, describe, one, read_fhir, rejected, request

URL = "urn:uuid:9b1f5d2e-0000-4000-8000-00000000000{}"
TODAY, YESTERDAY = "2026-03-02T09:00:00Z", "2026-03-01T09:00:00Z"
STAY = {
    "resourceType": "Encounter",
    "status": "in-progress",
    "class": {"code": "IMP"},
    "subject": {"reference": "Patient/ada"},
    "period": {"start": "2026-03-02T07:00:00Z"},
}


def taken(directory: Path, *entries: dict[str, Any], kind: str = "transaction") -> list[Reading]:
    return read_fhir(directory, {"resourceType": "Bundle", "type": kind, "entry": list(entries)})


@pytest.mark.parametrize(
    "named", [{}, {"identifier": [{"system": "urn:orders", "value": "7"}]}, {"id": "own"}]
)
def test_a_dose_finds_its_order_and_its_stay_though_a_server_has_yet_to_give_them_ids(
    named: dict[str, Any], tmp_path: Path
) -> None:
    """As transactions are sent to FHIR servers: without ids, one another by full URLs."""
    given = administration(
        id=None, request={"reference": URL.format(1)}, context={"reference": URL.format(2)}
    )
    readings = taken(
        tmp_path,
        {"resource": given},
        {"fullUrl": URL.format(1), "resource": request(id=None) | named},
        {"fullUrl": URL.format(2), "resource": STAY | named},
    )
    dose = one(readings, Administration)
    assert (dose.order, dose.visit) == (one(readings, Order).entity, one(readings, Encounter).entity)


def test_a_patient_of_another_request_is_not_guessed_from_a_full_url(tmp_path: Path) -> None:
    """The server has given an id meanwhile: the dose would be that of a patient who does not exist."""
    readings = read_fhir(tmp_path, administration(subject={"reference": URL.format(9)}))
    assert [describe(reading) for reading in readings] == ["missing-patient"]


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ({"reference": "Patient?identifier=urn:mrn|123"}, "missing-patient"),
        ({"reference": "Patient?identifier=https://mrn.example/Patient/123"}, "missing-patient"),
        ({"type": "Group", "identifier": {"system": "urn:mrn", "value": "123"}}, "not-a-patient"),
        ({"type": "Group", "reference": "Patient/123"}, "not-a-patient"),
        ({"type": "Patient", "identifier": {"system": "urn:mrn", "value": "123"}}, "administration"),
        (
            {"type": "http://hl7.org/fhir/StructureDefinition/Patient", "reference": "Patient/1"},
            "administration",
        ),
    ],
)
def test_whose_it_is_is_neither_searched_for_nor_guessed(
    subject: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    assert [describe(item) for item in read_fhir(tmp_path, administration(subject=subject))] == [reason]


@pytest.mark.parametrize("patients", [("ada", "bea"), ("bea", "ada")])
def test_a_full_url_of_two_patients_is_nobodys(patients: tuple[str, str], tmp_path: Path) -> None:
    people = [
        {"fullUrl": URL.format(1), "resource": {"resourceType": "Patient", "id": each}} for each in patients
    ]
    readings = taken(
        tmp_path, *people, {"resource": administration(subject={"reference": URL.format(1)})}, kind="batch"
    )
    assert [item.path for item in rejected(readings)] == ["MedicationAdministration.subject"]


def product(milligrams: int, **meta: str) -> dict[str, Any]:
    strength = {"numerator": amount(milligrams, "mg"), "denominator": {"value": 1, "unit": "TAB"}}
    part = {"itemCodeableConcept": {"text": "baclofen"}, "strength": strength}
    return {"resourceType": "Medication", "id": "m", "meta": meta, "ingredient": [part]}


@pytest.mark.parametrize(
    ("kind", "versions", "strength"),
    [
        ("history", (product(10, lastUpdated=TODAY), product(25, lastUpdated=YESTERDAY)), 10),
        ("collection", (product(25, lastUpdated=YESTERDAY), product(10, lastUpdated=TODAY)), 10),
        ("history", (product(10), product(25)), 10),
        ("searchset", (product(10, versionId="2"), product(25, versionId="1")), 10),
        ("searchset", (product(10), product(25)), None),
    ],
)
def test_of_several_versions_of_a_product_the_newest_is_meant(
    kind: str, versions: tuple[dict[str, Any], ...], strength: int | None, tmp_path: Path
) -> None:
    given = administration(
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/m", "display": "baclofen tablet"},
    )
    entries = [{"resource": each} for each in (given, *versions)]
    drug = one(taken(tmp_path, *entries, kind=kind), Administration).medication
    found = [part.strength.value for part in drug.ingredients if part.strength is not None]
    assert found == ([] if strength is None else [strength])
