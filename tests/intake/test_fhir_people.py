"""Who it is and where: linked records, birth times, wards; what is not tolerated and what is over."""

from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Allergy, Condition, Encounter, FactStatus, Merge, OfVisit, Order, Patient
from services.intake.reading import Accepted
from tests.intake.writing import administration, at, describe, one, read_fhir, rejected, request

BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
ADA = {"resourceType": "Patient", "id": "ada", "meta": {"lastUpdated": "2026-03-01T10:00:00Z"}}


def linked(kind: str, other: str = "Patient/old", own: str = "ada") -> dict[str, Any]:
    return ADA | {"id": own, "link": [{"other": {"reference": other}, "type": kind}]}


def test_two_records_are_merged_the_same_whichever_of_them_tells_it(tmp_path: Path) -> None:
    survivor = one(read_fhir(tmp_path, linked("replaces")), Merge)
    replaced = one(read_fhir(tmp_path, linked("replaced-by", "Patient/ada", "old")), Merge)
    assert (survivor.patient, survivor.survivor) == (replaced.patient, replaced.survivor) == ("old", "ada")
    assert survivor.entity == replaced.entity
    assert survivor.recorded_at == at("2026-03-01T10:00:00")


@pytest.mark.parametrize("kind", ["seealso", "refer"])
def test_other_links_merge_nothing(kind: str, tmp_path: Path) -> None:
    assert [describe(item) for item in read_fhir(tmp_path, linked(kind))] == ["patient"]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (linked("replaces", "RelatedPerson/7"), "not-a-patient"),
        (ADA | {"link": [{"type": "replaces"}]}, "missing-patient"),
        (linked("replaces", "Patient/ada"), "wrong-schema"),
    ],
)
def test_a_link_that_leads_to_no_other_record_is_refused(
    link: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    (refused,) = rejected(read_fhir(tmp_path, link))
    assert (refused.rejection.reason, refused.path) == (reason, "Patient.link[0].other")
    assert refused.patient == "ada"


@pytest.mark.parametrize(
    ("instant", "born_at"),
    [
        ("2026-03-01T17:11:00+01:00", at("2026-03-01T16:11:00")),
        ("2026-01-03T17:11:00+01:00", None),
        (None, at("2026-03-01T00:00:00")),
    ],
)
def test_a_birth_time_is_believed_on_the_birth_date_only(
    instant: str | None, born_at: object, tmp_path: Path
) -> None:
    exactly = {"extension": [{"url": BIRTH_TIME, "valueDateTime": instant}]} if instant else None
    person = ADA | {"birthDate": "2026-03-01", "_birthDate": exactly}
    assert one(read_fhir(tmp_path, person), Patient).born_at == born_at


def test_who_refers_to_a_patient_that_has_no_id_yet_is_refused_with_it(tmp_path: Path) -> None:
    url = "urn:uuid:9b1f5d2e-0000-4000-8000-000000000009"
    entries = [
        {"fullUrl": url, "resource": {"resourceType": "Patient", "birthDate": "1970-05-01"}},
        {"resource": request(subject={"reference": url})},
    ]
    readings = read_fhir(tmp_path, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert [describe(item) for item in readings] == ["missing-patient", "missing-patient"]
    assert [item.path for item in rejected(readings)] == ["Patient.id", "MedicationRequest.subject"]


def stay(*places: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-01T10:00:00Z"},
        "location": list(places),
    }


def place(name: str, status: str | None, start: str | None = None, kind: str | None = None) -> dict[str, Any]:
    return {
        "location": {"display": name},
        "status": status,
        "period": {"start": start} if start else None,
        "physicalType": {"coding": [{"code": kind}]} if kind else None,
    }


def test_a_bed_that_is_only_planned_or_reserved_is_not_where_the_patient_is(tmp_path: Path) -> None:
    here = place("Ward 4", "active", "2026-03-01T10:00:00Z")
    for status in ("planned", "reserved"):
        later = place("Ward 7", status, "2026-03-02T10:00:00Z")
        assert one(read_fhir(tmp_path, stay(here, later)), Encounter).ward == "Ward 4"


def test_the_place_says_since_when_the_patient_is_there(tmp_path: Path) -> None:
    before, here = place("Ward 4", "completed", "2026-03-01T10:00:00Z"), place("Ward 7", "active")
    assert one(read_fhir(tmp_path, stay(before, here)), Encounter).ward_since is None
    here = place("Ward 7", "active", "2026-03-02T11:30:00+01:00")
    found = one(read_fhir(tmp_path, stay(before, here)), Encounter)
    assert (found.ward, found.ward_since) == ("Ward 7", at("2026-03-02T10:30:00"))


def test_a_ward_is_told_before_its_rooms_and_beds_and_the_present_one_before_a_former(tmp_path: Path) -> None:
    ward, bed = place("Ward 4", "active", kind="wa"), place("Bed 2", "active", kind="bd")
    assert one(read_fhir(tmp_path, stay(ward, bed)), Encounter).ward == "Ward 4"
    assert one(read_fhir(tmp_path, stay(bed, ward)), Encounter).ward == "Ward 4"
    former = place("Ward 1", "completed", kind="wa")
    assert one(read_fhir(tmp_path, stay(former, place("Unit 9", "active"))), Encounter).ward == "Unit 9"


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_stay_that_never_was_is_taken_back(status: str, tmp_path: Path) -> None:
    assert one(read_fhir(tmp_path, stay() | {"status": status}), Encounter).status == "entered-in-error"


def allergy(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/ada"},
        "category": ["medication"],
        "criticality": "high",
        "recordedDate": "2026-01-01",
    } | more


def test_what_a_reaction_names_is_the_substance_where_no_code_does(tmp_path: Path) -> None:
    reaction = [{"manifestation": [{"text": "Hives"}]}, {"substance": {"text": "Amoxicillin"}}]
    assert one(read_fhir(tmp_path, allergy(reaction=reaction)), Allergy).substance.text == "Amoxicillin"
    named = allergy(reaction=reaction, code={"text": "Penicillins"})
    assert one(read_fhir(tmp_path, named), Allergy).substance.text == "Penicillins"


def test_an_allergy_to_nothing_named_is_refused_and_marks_its_patient(tmp_path: Path) -> None:
    (refused,) = rejected(read_fhir(tmp_path, allergy()))
    assert (refused.rejection.reason, refused.patient) == ("missing-code", "ada")
    void = allergy(verificationStatus={"coding": [{"code": "entered-in-error"}]})
    assert one(read_fhir(tmp_path, void), Allergy).status == "entered-in-error"


@pytest.mark.parametrize(
    ("more", "active", "abated_at"),
    [
        ({"abatementDateTime": "2026-01-20"}, False, at("2026-01-21T00:00:00")),
        ({"abatementString": "last winter"}, False, None),
        ({"abatementAge": {"value": 54}}, False, None),
        ({"clinicalStatus": {"coding": [{"code": "remission"}]}}, False, None),
        ({"clinicalStatus": {"coding": [{"code": "relapse"}]}}, True, None),
        ({}, True, None),
    ],
)
def test_a_condition_is_over_by_its_status_or_else_by_its_abatement(
    more: dict[str, Any], active: bool, abated_at: object, tmp_path: Path
) -> None:
    told = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/ada"}}
    found = one(
        read_fhir(tmp_path, told | {"code": {"text": "Asthma"}, "onsetDateTime": "2020-01-01"} | more),
        Condition,
    )
    assert (found.active, found.abated_at) == (active, abated_at)


def test_medications_and_patients_of_a_bundle_are_found_by_their_full_url(tmp_path: Path) -> None:
    person, drug = (f"urn:uuid:9b1f5d2e-0000-4000-8000-00000000000{n}" for n in (1, 2))
    order = request(
        subject={"reference": person}, medicationCodeableConcept=None, medicationReference={"reference": drug}
    )
    entries = [
        {"resource": order},
        {"fullUrl": drug, "resource": {"resourceType": "Medication", "code": {"text": "Baclofen"}}},
        {"fullUrl": person, "resource": ADA},
    ]
    readings = read_fhir(tmp_path, {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    found = one(readings, Order)
    assert (found.patient, found.medication.text) == ("ada", "Baclofen")
    assert all(item.event.patient == "ada" for item in readings if isinstance(item, Accepted))


def stated(kind: str, about: str = "subject", **more: Any) -> dict[str, Any]:
    """A resource about the patient of the stories."""
    return {"resourceType": kind, "id": "1", "status": "active", about: {"reference": "Patient/ada"}} | more


WORDS = {"text": "pain"}
IN_ENCOUNTERS = [
    (request(), "encounter"),
    (administration(), "context"),
    (administration(), "encounter"),
    (stated("MedicationStatement", medicationCodeableConcept={"text": "Baclofen"}), "context"),
    (
        stated("Observation", status="final", issued="2026-03-02T08:00:00Z", code=WORDS, valueInteger=5),
        "encounter",
    ),
    (stated("Condition", code={"text": "Epilepsy"}), "encounter"),
    (stated("AllergyIntolerance", "patient", code={"text": "Baclofen"}), "encounter"),
]


@pytest.mark.parametrize(("resource", "element"), IN_ENCOUNTERS)
def test_what_was_charted_in_an_encounter_names_it(
    tmp_path: Path, resource: dict[str, Any], element: str
) -> None:
    for reference, visit in (("https://ehr.example/Encounter/7", "Encounter/7"), ("EpisodeOfCare/7", None)):
        (fact,) = [
            reading.event
            for reading in read_fhir(tmp_path, resource | {element: {"reference": reference}})
            if isinstance(reading, Accepted)
        ]
        assert isinstance(fact, OfVisit)
        assert fact.visit == visit


@pytest.mark.parametrize(
    ("kind", "inpatient"),
    [({"code": "IMP"}, True), ({"code": "I"}, True), ({"code": "AMB"}, False), ({"code": "E"}, False)],
)
def test_a_class_says_whether_the_patient_is_in_the_house(
    kind: dict[str, Any], inpatient: bool, tmp_path: Path
) -> None:
    assert one(read_fhir(tmp_path, stay() | {"class": kind}), Encounter).inpatient is inpatient


@pytest.mark.parametrize("kind", [None, {}, {"code": "inpatient"}, {"code": "U"}, {"code": ["IMP"]}, "IMP"])
def test_a_patient_of_an_unknown_class_does_not_count_as_one_who_is_elsewhere(
    kind: object, tmp_path: Path
) -> None:
    """Nothing that is not given to them would be missed, and nobody would see it."""
    (refused,) = rejected(read_fhir(tmp_path, stay() | {"class": kind}))
    assert refused.patient == "ada"
    void = stay() | {"class": kind, "status": "entered-in-error"}
    assert one(read_fhir(tmp_path, void), Encounter).status is FactStatus.ENTERED_IN_ERROR
    over = stay() | {"class": kind, "status": "finished"}
    assert not one(read_fhir(tmp_path, over), Encounter).inpatient
