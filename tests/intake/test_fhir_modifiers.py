"""What changes the meaning of a resource is never passed over: nobody here knows what it says."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.clinical import Administration, Order
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Rejected
from tests.intake.writing import administration, amount, describe, instruction, one, read_fhir, request

NOT_GIVEN = [{"url": "https://emar.example/not-given", "valueBoolean": True}]
MODIFIED = {"modifierExtension": NOT_GIVEN}


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (administration(**MODIFIED), "MedicationAdministration.modifierExtension"),
        (
            administration(dosage={"dose": amount(10, "mg")} | MODIFIED),
            "MedicationAdministration.dosage.modifierExtension",
        ),
        (
            request(dosageInstruction=[instruction(), instruction(**MODIFIED)]),
            "MedicationRequest.dosageInstruction[1].modifierExtension",
        ),
        (
            request(dosageInstruction=[instruction(timing=MODIFIED)]),
            "MedicationRequest.dosageInstruction[0].timing.modifierExtension",
        ),
        (
            administration(implicitRules="https://emar.example/rules"),
            "MedicationAdministration.implicitRules",
        ),
    ],
)
def test_what_is_modified_is_rejected_and_shown_at_its_patient(
    resource: dict[str, Any], place: str, tmp_path: Path
) -> None:
    (reading,) = read_fhir(tmp_path, resource)
    assert isinstance(reading, Rejected)
    assert (describe(reading), reading.path, reading.patient) == ("unknown-modifier", place, "ada")


def test_a_modifier_in_escaped_letters_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(
        orjson.dumps(administration(**MODIFIED)).replace(b"modifierE", b"modifier\\u0045")
    )
    assert [describe(item) for item in read("fhir", [tmp_path], Door())] == ["unknown-modifier"]


@pytest.mark.parametrize("more", [{"modifierExtension": []}, {"extension": NOT_GIVEN}, {"language": "en"}])
def test_what_modifies_nothing_is_passed_over(more: dict[str, Any], tmp_path: Path) -> None:
    assert one(read_fhir(tmp_path, administration(**more)), Administration).dose is not None


@pytest.mark.parametrize(
    "more", [MODIFIED, {"ingredient": [{"itemCodeableConcept": {"text": "x"}} | MODIFIED]}]
)
def test_a_modified_product_makes_its_order_one_that_cannot_be_read(
    more: dict[str, Any], tmp_path: Path
) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "Baclofen"}} | more
    referring = request(medicationCodeableConcept=None, medicationReference={"reference": "#m"})
    apart = request(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"})
    within = read_fhir(tmp_path, referring | {"contained": [drug]})
    assert [describe(item) for item in within] == ["unknown-modifier"]
    assert describe(read_fhir(tmp_path, apart, drug)[0]) == "unknown-modifier"
    unused = request(contained=[drug])
    assert [describe(item) for item in read_fhir(tmp_path, unused)] == ["order"]


def test_of_a_product_entered_in_error_nothing_but_the_display_is_believed(tmp_path: Path) -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m",
        "status": "entered-in-error",
        "code": {"text": "Warfarin"},
    }
    named = {"reference": "#m", "display": "Baclofen"}
    order = one(
        read_fhir(
            tmp_path, request(medicationCodeableConcept=None, medicationReference=named, contained=[drug])
        ),
        Order,
    )
    assert (order.medication.text, order.medication.codings) == ("Baclofen", ())


def test_of_r5_the_product_says_which_drug_it_is_where_the_concept_has_words_alone(tmp_path: Path) -> None:
    coded = request()["medicationCodeableConcept"]["coding"]
    drug = {"resourceType": "Medication", "id": "m", "code": {"coding": coded, "text": "Baclofen 10 mg"}}
    both = {"concept": {"text": "muscle relaxant"}, "reference": {"reference": "#m"}}
    told = request(medicationCodeableConcept=None, medication=both, contained=[drug])
    (coding,) = one(read_fhir(tmp_path, told), Order).medication.codings
    assert (coding.system, coding.code) == ("rxnorm", "1292")


PART = {
    "meta": {
        "tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}]
    }
}


def test_a_part_of_an_order_does_not_take_the_place_of_the_whole(tmp_path: Path) -> None:
    """Searched for with `_summary`, orders have no dosages."""
    (reading,) = read_fhir(tmp_path, request(dosageInstruction=None, **PART))
    assert isinstance(reading, Rejected)
    assert (describe(reading), reading.path, reading.patient) == (
        "incomplete",
        "MedicationRequest.meta.tag",
        "ada",
    )


def test_beside_the_whole_a_part_is_passed_over(tmp_path: Path) -> None:
    entries = [{"resource": each} for each in (request(dosageInstruction=None, **PART), request())]
    readings = read_fhir(tmp_path, {"resourceType": "Bundle", "type": "searchset", "entry": entries})
    assert [describe(reading) for reading in readings] == ["older-version", "order"]
    assert one(readings, Order).dosages


def test_a_part_of_a_product_says_not_what_is_in_it(tmp_path: Path) -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "Baclofen"}} | PART
    order = request(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"})
    assert describe(read_fhir(tmp_path, order, drug)[0]) == "incomplete"
