"""Files, Bundles, references: how resources come and how they find one another."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Allergy, Condition, Encounter, FactStatus, Order, Patient
from services.intake.door import Door
from services.intake.formats import read
from services.intake.lines import BrokenFile
from services.intake.reading import Accepted, Reading
from services.safety.ledger.folding import folded
from tests.brief_knowledge import KNOWLEDGE
from tests.intake.writing import administration, at, describe, one, read_fhir, rejected, request

UUID = "urn:uuid:9b1f5d2e-0000-4000-8000-000000000001"


def readings_of(path: Path) -> list[Reading]:
    return list(read("fhir", [path], Door()))


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_one_resource_ndjson_gzip_and_a_directory_of_them_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(request(), indent=2))
    (tmp_path / "b.ndjson").write_text(
        json.dumps(request(id="2")) + "\n\n" + json.dumps(administration()) + "\n"
    )
    (tmp_path / "c.json.gz").write_bytes(
        gzip.compress(json.dumps(bundle({"resource": request(id="3")})).encode())
    )
    (tmp_path / "notes.txt").write_text("not data")
    assert sorted(map(describe, readings_of(tmp_path))) == ["administration", "order", "order", "order"]
    assert [describe(reading) for reading in readings_of(tmp_path / "a.json")] == ["order"]


def test_urn_references_of_a_transaction_lead_to_the_patients_own_id(tmp_path: Path) -> None:
    entries = bundle(
        {"fullUrl": UUID, "resource": {"resourceType": "Patient", "id": "ada", "birthDate": "1970-05-01"}},
        {"resource": request(subject={"reference": UUID})},
    )
    readings = read_fhir(tmp_path, entries)
    assert one(readings, Patient).patient == one(readings, Order).patient == "ada"


@pytest.mark.parametrize("kind", ["searchset", "batch", "batch-response", "transaction", "collection"])
def test_entries_without_a_resource_are_passed_over_with_the_reason(kind: str, tmp_path: Path) -> None:
    readings = read_fhir(
        tmp_path, bundle({"response": {"status": "200"}}, {"resource": request()}, kind=kind)
    )
    assert sorted(map(describe, readings)) == ["bundle-entry-without-resource", "order"]


def test_a_bundle_within_a_bundle_is_opened(tmp_path: Path) -> None:
    readings = read_fhir(tmp_path, bundle({"resource": bundle({"resource": request()}, kind="searchset")}))
    assert [describe(reading) for reading in readings] == ["order"]


@pytest.mark.parametrize("position", ["contained", "before", "after", "nowhere"])
def test_a_referenced_medication_is_found_in_the_same_input(position: str, tmp_path: Path) -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m1",
        "code": {"text": "Baclofen 10 MG Oral Tablet"},
        "ingredient": [
            {
                "itemCodeableConcept": {"text": "Baclofen"},
                "strength": {
                    "numerator": {"value": 10, "unit": "mg"},
                    "denominator": {"value": 1, "unit": "TAB"},
                },
            }
        ],
    }
    reference = {
        "reference": "#m1" if position == "contained" else "Medication/m1",
        "display": "as in the list",
    }
    order = request(
        medicationCodeableConcept=None,
        medicationReference=reference,
        contained=[drug] if position == "contained" else None,
    )
    given = {"before": [drug, order], "after": [order, drug]}.get(position, [order])
    found = one(read_fhir(tmp_path, *given), Order).medication
    if position == "nowhere":
        assert (found.text, found.codings, found.ingredients) == ("as in the list", (), ())
    else:
        assert found.text == "Baclofen 10 MG Oral Tablet"
        assert [str(item.strength) for item in found.ingredients] == ["10 mg"]


def test_types_that_are_not_read_are_named(tmp_path: Path) -> None:
    readings = read_fhir(
        tmp_path, {"resourceType": "Claim", "id": "1"}, {"resourceType": "Medication", "id": "2"}
    )
    assert sorted(map(describe, readings)) == ["medication-of-others", "resource-type-not-read:Claim"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"<Patient/>", "not-json"),
        (b"[1, 2]", "wrong-schema"),
        (b"{}", "wrong-schema"),
        (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "duplicate-key"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested-too-deep"),
        (b'{"resourceType": "Patient", "x": "' + b"x" * 5_000_000 + b'"}', "too-large"),
    ],
)
@pytest.mark.parametrize("name", ["in.json", "in.ndjson"])
def test_a_file_that_is_no_resource_is_refused_with_its_reason(
    name: str, text: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(text)
    readings = readings_of(tmp_path / name)
    assert [describe(reading) for reading in readings] == [reason]
    assert rejected(readings)[0].rejection.length == len(text)


def test_an_oversized_entry_of_a_bundle_is_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    large = request(id="large", note=[{"text": "x" * 1_100_000}])
    (tmp_path / "b.json").write_text(json.dumps(bundle({"resource": large}, {"resource": request()})))
    readings = readings_of(tmp_path / "b.json")
    assert sorted(map(describe, readings)) == ["order", "too-large"]
    assert rejected(readings)[0].patient == "ada"


def test_a_damaged_gzip_file_is_told_to_whoever_named_it(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(b"no gzip at all")
    with pytest.raises(BrokenFile, match="damaged"):
        readings_of(tmp_path / "a.json.gz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BrokenFile, match="holds no"):
        readings_of(tmp_path / "empty")


def test_a_patient_is_read_without_name_and_number(tmp_path: Path) -> None:
    person = {
        "resourceType": "Patient",
        "id": "ada",
        "name": [{"family": "Lovelace"}],
        "gender": "female",
        "birthDate": "1970-05-01",
        "identifier": [{"value": "MRN-55"}],
        "deceasedDateTime": "2026-03-09T10:00:00Z",
        "meta": {"lastUpdated": "2026-03-09T11:00:00Z"},
    }
    found = one(read_fhir(tmp_path, person), Patient)
    assert (found.born_at, found.sex, found.died_at) == (
        at("1970-05-01T00:00:00"),
        "female",
        at("2026-03-09T10:00:00"),
    )
    assert "Lovelace" not in found.model_dump_json() and "MRN-55" not in found.model_dump_json()
    yearly = one(read_fhir(tmp_path, person | {"birthDate": "1970"}), Patient)
    assert yearly.born_at is None


def test_an_encounter_tells_ward_and_end(tmp_path: Path) -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-01T10:00:00Z"},
        "location": [
            {
                "location": {"display": "Ward 4"},
                "status": "completed",
                "period": {"start": "2026-03-01T10:00:00Z"},
            },
            {
                "location": {"display": "Ward 7"},
                "status": "active",
                "period": {"start": "2026-03-02T10:00:00Z"},
            },
        ],
    }
    found = one(read_fhir(tmp_path, stay), Encounter)
    assert (found.inpatient, found.ward, found.ends_at) == (True, "Ward 7", None)
    over = stay | {
        "status": "finished",
        "period": {"start": "2026-03-01T10:00:00Z", "end": "2026-03-05T10:00:00Z"},
    }
    assert one(read_fhir(tmp_path, over), Encounter).ends_at == at("2026-03-05T10:00:00")


def test_a_stay_that_is_set_back_to_planned_has_not_begun(tmp_path: Path) -> None:
    stay = {
        "resourceType": "Encounter",
        "id": "stay-1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"},
        "period": {"start": "2026-03-01T10:00:00Z"},
        "meta": {"lastUpdated": "2026-03-01T10:00:00Z"},
    }
    later = {"status": "planned", "meta": {"lastUpdated": "2026-03-01T11:00:00Z"}}
    begun, planned = read_fhir(tmp_path, stay, stay | later)
    facts = [each.event for each in (begun, planned) if isinstance(each, Accepted)]
    assert "Encounter/stay-1" in folded(facts[:1], KNOWLEDGE).encounters  # type: ignore[arg-type]
    assert not folded(facts, KNOWLEDGE).encounters  # type: ignore[arg-type]
    undated = {name: value for name, value in (stay | later).items() if name not in ("period", "class")}
    now = datetime(2026, 3, 1, 11, tzinfo=UTC)
    for meta, door in ((later["meta"], Door()), (None, Door(clock=lambda: now))):
        found = one(read_fhir(tmp_path, undated | {"meta": meta}, door=door), Encounter)
        assert (found.status, found.recorded_at) == (FactStatus.ENTERED_IN_ERROR, now)


@pytest.mark.parametrize(
    ("clinical", "verified", "active", "stands"),
    [
        ("active", "confirmed", True, True),
        ("recurrence", "provisional", True, True),
        ("resolved", "confirmed", False, True),
        ("active", "refuted", False, False),
        ("active", "differential", False, False),
    ],
)
def test_a_condition_is_active_where_it_is_meant_and_not_over_and_a_refuted_one_is_taken_back(
    clinical: str, verified: str, active: bool, stands: bool, tmp_path: Path
) -> None:
    resource = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/ada"},
        "clinicalStatus": {"coding": [{"code": clinical}]},
        "verificationStatus": {"coding": [{"code": verified}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F10.2"}]},
        "onsetDateTime": "2020-01-01",
    }
    found = one(read_fhir(tmp_path, resource), Condition)
    assert (found.active, found.codings[0].system, found.codings[0].code) == (active, "icd10", "F102")
    assert (found.status is FactStatus.STATED) is stands


def test_no_known_allergy_is_negated_and_an_intolerance_is_told_apart(tmp_path: Path) -> None:
    def allergy(code: str, **more: Any) -> Allergy:
        concept = {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
        resource = {
            "resourceType": "AllergyIntolerance",
            "id": "a",
            "patient": {"reference": "Patient/ada"},
            "code": concept,
            "recordedDate": "2026-01-01",
        } | more
        return one(read_fhir(tmp_path, resource), Allergy)

    assert allergy("409137002").negated
    assert not allergy("91936005").negated
    assert allergy("91936005", type="intolerance").intolerance
    refuted = {"coding": [{"code": "refuted"}]}
    assert not allergy("91936005", verificationStatus=refuted).active
