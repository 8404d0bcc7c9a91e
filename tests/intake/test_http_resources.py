"""One resource over HTTP: what is answered, and what then stands on Kafka."""

import pytest

from schemas.clinical import Administration, Encounter, Patient, UnreadableFact
from schemas.topics import PATIENT_EVENTS, partition_of
from services.intake.door import Door
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.http_door import NOW, events, opened, rejections, told
from tests.intake.test_publisher import ADA, records_of
from tests.intake.writing import administration, amount, at, instruction, request

pytestmark = pytest.mark.embedded


async def test_an_accepted_dose_stands_under_its_patients_key_in_its_partition(
    embedded_broker: EmbeddedBroker,
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("/MedicationAdministration", administration(meta={"versionId": "3"}))
        found = await records_of(embedded_broker, PATIENT_EVENTS.name)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/fhir/R4/MedicationAdministration/dose-1/_history/3"
    assert answer.headers["etag"] == 'W/"3"'
    (record,) = found[partition_of(ADA, 4)]
    assert record.key == ADA.encode()
    event = Administration.model_validate_json(record.value)
    assert (event.entity, event.version, event.source) == ("MedicationAdministration/dose-1", 3, "ehr")
    assert event.dose is not None
    assert (str(event.dose.value), event.dose.unit, event.received_at) == ("10", "mg", NOW)


async def test_the_same_content_again_is_the_same_event(embedded_broker: EmbeddedBroker) -> None:
    nameless = administration(id=None, identifier=[{"system": "urn:emar", "value": "4711"}])
    async with opened(embedded_broker) as client:
        answers = [await client.post("/MedicationAdministration", nameless) for _ in range(2)]
        stated = await events(embedded_broker)
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len({(event.event_id, event.entity) for event in stated}) == 1


async def test_a_put_is_kept_under_its_own_id_only(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        kept = await client.put("/MedicationRequest/order-1", request())
        elsewhere = await client.put("/MedicationRequest/order-2", request())
        other_type = await client.put("/Patient/order-1", request())
        stated = await events(embedded_broker)
    assert (kept.status_code, elsewhere.status_code, other_type.status_code) == (200, 400, 400)
    assert "location" not in kept.headers
    assert ("error", "invalid", "MedicationRequest.id") in told(elsewhere)
    assert [event.entity for event in stated] == ["MedicationRequest/order-1"]


async def test_a_rejected_dose_names_element_and_cure_and_marks_its_patient(
    embedded_broker: EmbeddedBroker,
) -> None:
    wrong = administration(dosage={"dose": {"value": -10, "unit": "secret-unit"}})
    async with opened(embedded_broker) as client:
        answer = await client.post("/MedicationAdministration", wrong)
        stated, (reject,) = await events(embedded_broker), await rejections(embedded_broker)
    assert answer.status_code == 422
    assert told(answer) == [("error", "value", "MedicationAdministration.dosage.dose")]
    (issue,) = answer.json()["issue"]
    assert issue["details"]["coding"][0]["code"] == reject.reason == "negative-value"
    assert "without a sign" in issue["diagnostics"]
    assert "secret-unit" not in answer.text
    assert reject.origin.peer == "192.0.2.7"
    assert reject.at == NOW
    (mark,) = stated
    assert isinstance(mark, UnreadableFact)
    assert (mark.patient, mark.about) == (ADA, "MedicationAdministration/dose-1")


async def test_what_will_not_be_assessed_is_said_when_it_is_accepted(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        vague = await client.post(
            "/MedicationAdministration",
            administration(dosage={"text": "two"}, effectiveDateTime="2026-03-02T08:00:00"),
        )
    assert vague.status_code == 201
    assert ("warning", "incomplete", "MedicationAdministration.dosage") in told(vague)
    assert ("information", "informational", "MedicationAdministration") in told(vague)


@pytest.mark.parametrize(
    ("unit", "warned"),
    [("mg", False), ("mg/kg", False), ("TAB", False), ("furlong", True), ("mg/furlong", True)],
)
async def test_a_unit_that_nobody_calculates_with_is_said_beforehand(
    embedded_broker: EmbeddedBroker, unit: str, warned: bool
) -> None:
    dose = administration(dosage={"dose": amount(10, unit)})
    order = request(dosageInstruction=[instruction(doseAndRate=[{"doseQuantity": amount(5, unit)}])])
    async with opened(embedded_broker) as client:
        answers = [
            await client.post(f"/{resource['resourceType']}/$validate", resource)
            for resource in (dose, order)
        ]
    places = ["MedicationAdministration.dosage", "MedicationRequest.dosageInstruction"]
    for answer, place in zip(answers, places, strict=True):
        assert (("warning", "incomplete", place) in told(answer)) is warned


async def test_a_drug_that_stands_in_another_request_is_asked_for(embedded_broker: EmbeddedBroker) -> None:
    elsewhere = administration(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/m"}
    )
    async with opened(embedded_broker) as client:
        answer = await client.post("/MedicationAdministration/$validate", elsewhere)
    (said,) = [issue for issue in answer.json()["issue"] if issue["severity"] == "warning"]
    assert "in the same request" in said["diagnostics"]


async def test_a_result_without_a_code_is_taken_with_the_word_that_nothing_is_judged_by_it(
    embedded_broker: EmbeddedBroker,
) -> None:
    result = {
        "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z", "code": {"text": "Creatinine"},
        "valueQuantity": {"value": 4, "unit": "mg/dL"},
    }  # fmt: skip
    coded = result | {"code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]}}
    async with opened(embedded_broker) as client:
        worded, known = await client.post("/Observation", result), await client.post("/Observation", coded)
    assert (worded.status_code, known.status_code) == (201, 201)
    warned = ("warning", "incomplete", "Observation.code")
    assert [warned in told(answer) for answer in (worded, known)] == [True, False]


async def test_a_slash_behind_an_address_changes_nothing(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        one = await client.post("/MedicationAdministration/", administration())
        many = await client.post("/", {"resourceType": "Bundle", "type": "batch"})
        nowhere = await client.post("/MedicationAdministration//", administration())
    assert [answer.status_code for answer in (one, many, nowhere)] == [201, 200, 404]


async def test_a_type_of_no_concern_is_passed_over_aloud(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("/Claim", {"resourceType": "Claim", "id": "c"})
        unknown = await client.post("/Clame", {"resourceType": "Clame", "id": "c"})
        stated = await events(embedded_broker)
    assert (answer.status_code, unknown.status_code, stated) == (200, 404, [])
    assert told(answer) == [("information", "not-supported", "")]
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"resourceType": "Patient", "id": "1", "id": "2"}',
        b"[" * 5_000,
        b'{"x": NaN}',
    ],
)
async def test_what_is_no_json_is_a_bad_request_and_recorded(
    embedded_broker: EmbeddedBroker, text: bytes
) -> None:
    async with opened(embedded_broker) as client:
        answer = await client.post("/Patient", text)
        assert len(await rejections(embedded_broker)) == 1
    assert answer.status_code == 400
    assert told(answer)[0][:2] == ("error", "structure")


async def test_json_that_is_no_resource_is_rejected(embedded_broker: EmbeddedBroker) -> None:
    async with opened(embedded_broker) as client:
        answers = [await client.post("/Patient", content) for content in (17, [], {}, {"resourceType": 3})]
    assert [answer.status_code for answer in answers] == [422] * 4


async def test_a_dry_run_says_the_same_and_sends_nothing(embedded_broker: EmbeddedBroker) -> None:
    wrong = administration(status="unheard-of")
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": wrong}]}
    async with opened(embedded_broker) as client:
        good = await client.post("/MedicationAdministration/$validate", administration())
        bad = await client.post("/MedicationAdministration/$validate", wrong)
        same = await client.post("/MedicationAdministration/$validate", wrapped)
        no_json = await client.post("/MedicationAdministration/$validate", b"{")
        sent = await events(embedded_broker), await rejections(embedded_broker)
    assert [good.status_code, bad.status_code, same.status_code, no_json.status_code] == [200, 200, 200, 400]
    assert {severity for severity, _, _ in told(good)} <= {"information", "warning"}
    assert told(bad) == told(same)
    assert told(bad)[0][:2] == ("error", "code-invalid")
    assert sent == ([], [])


async def test_in_simulated_time_a_fact_is_received_when_its_source_stored_it(
    embedded_broker: EmbeddedBroker,
) -> None:
    stored = administration(meta={"lastUpdated": "2026-03-02T08:03:00Z"})
    async with opened(embedded_broker, door=Door("ehr")) as client:
        assert (await client.post("/MedicationAdministration", stored)).status_code == 201
        (event,) = await events(embedded_broker)
    assert event.received_at == at("2026-03-02T08:03:00")


async def test_a_patient_and_a_stay_carry_no_name(embedded_broker: EmbeddedBroker) -> None:
    ada = {
        "resourceType": "Patient",
        "id": "ada",
        "name": [{"family": "Lovelace"}],
        "birthDate": "1980-12-10",
    }
    stay = {
        "resourceType": "Encounter", "id": "e", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": "Patient/ada"}, "period": {"start": "2026-03-01T10:00:00Z"},
    }  # fmt: skip
    async with opened(embedded_broker) as client:
        for resource in (ada, stay):
            assert (await client.post(f"/{resource['resourceType']}", resource)).status_code == 201
        stated = await events(embedded_broker)
    assert [type(event) for event in stated] == [Patient, Encounter]
    assert "Lovelace" not in "".join(event.model_dump_json() for event in stated)
