"""FHIR R5 at the door: the same facts as their R4 twins."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from schemas.clinical import Administration, Allergy, Encounter, FactStatus, Order, OrderState
from services.intake.fhir.r5 import as_r4
from tests.intake.test_fhir_statements import statement
from tests.intake.writing import (
    administration,
    amount,
    at,
    describe,
    instruction,
    one,
    order_of,
    read_fhir,
    request,
)

CONCEPT = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1292"}],
    "text": "Baclofen",
}
CODEABLE = {"medicationCodeableConcept": None, "medication": {"concept": CONCEPT}}
DRUG = {
    "resourceType": "Medication",
    "id": "m",
    "code": {"text": "Baclofen 10 MG Oral Tablet"},
    "ingredient": [
        {
            "item": {"concept": {"text": "Baclofen"}},
            "strengthRatio": {"numerator": amount(10, "mg"), "denominator": amount(1, "{tablet}")},
        }
    ],
}


def test_a_request_of_r5_is_the_same_order_as_one_of_r4(tmp_path: Path) -> None:
    modern = order_of(tmp_path, **CODEABLE)
    other = {"event_id"}
    assert modern.model_dump(exclude=other) == order_of(tmp_path).model_dump(exclude=other)


def test_a_request_that_ended_was_reported_and_is_as_needed_for_a_reason(tmp_path: Path) -> None:
    instructions = [instruction(asNeeded=True, asNeededFor=[{"text": "spasm"}])]
    order = order_of(
        tmp_path,
        **CODEABLE,
        status="ended",
        statusChanged="2026-03-04T09:00:00Z",
        reported=True,
        dosageInstruction=instructions,
    )
    assert (order.state, order.stopped_at) == (OrderState.COMPLETED, at("2026-03-04T09:00:00"))
    assert order.community and order.dosages[0].as_needed
    plain = order_of(tmp_path, **CODEABLE, dosageInstruction=[instruction(asNeeded=False, text="as needed")])
    assert not plain.dosages[0].as_needed


def test_several_greatest_doses_are_kept(tmp_path: Path) -> None:
    most = [
        {"numerator": amount(80, "mg"), "denominator": amount(1, "d")},
        {"numerator": amount(200, "mg"), "denominator": amount(1, "wk")},
    ]
    order = order_of(tmp_path, **CODEABLE, dosageInstruction=[instruction(maxDosePerPeriod=most)])
    assert [str(item.amount) for item in order.dosages[0].max_dose] == ["80 mg", "200 mg"]


def test_a_request_with_rendered_words_only_has_words_and_no_numbers(tmp_path: Path) -> None:
    order = order_of(
        tmp_path, **CODEABLE, dosageInstruction=None, renderedDosageInstruction="5 mg three times a day"
    )
    (dosage,) = order.dosages
    assert (dosage.text, dosage.dose_high, dosage.period_seconds) == ("5 mg three times a day", None, None)


@pytest.mark.parametrize("contained", [True, False])
def test_a_referenced_medication_of_r5_gives_its_ingredients(contained: bool, tmp_path: Path) -> None:
    reference = {"reference": {"reference": "#m" if contained else "Medication/m"}}
    order = request(
        medicationCodeableConcept=None, medication=reference, contained=[DRUG] if contained else None
    )
    found = one(read_fhir(tmp_path, order, DRUG), Order).medication
    assert [(item.name, str(item.strength)) for item in found.ingredients] == [("Baclofen", "10 mg")]


def test_an_administration_of_r5_happened_at_its_occurence_and_was_charted_when_recorded(
    tmp_path: Path,
) -> None:
    given = administration(
        **CODEABLE,
        effectiveDateTime=None,
        occurencePeriod={"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T08:30:00Z"},
        recorded="2026-03-02T09:00:00Z",
    )
    dose = one(read_fhir(tmp_path, given), Administration)
    assert (dose.effective_at, dose.ended_at) == (at("2026-03-02T08:00:00"), at("2026-03-02T08:30:00"))
    assert dose.recorded_at == at("2026-03-02T09:00:00")
    assert dose.medication.codings[0].code == "1292"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("taking", OrderState.ACTIVE),
        ("taking-not-as-directed", OrderState.ACTIVE),
        ("on-hold", OrderState.ON_HOLD),
        ("stopped-as-directed", OrderState.STOPPED),
        ("not-taking", OrderState.STOPPED),
        (None, OrderState.ACTIVE),
    ],
)
@pytest.mark.parametrize("kind", ["MedicationStatement", "MedicationUsage"])
def test_adherence_says_whether_a_home_medication_is_taken(
    kind: str, said: str | None, state: OrderState, tmp_path: Path
) -> None:
    adherence = {"code": {"coding": [{"code": said}]}} if said else None
    told = statement(resourceType=kind, **CODEABLE, status="recorded", adherence=adherence)
    order = one(read_fhir(tmp_path, told), Order)
    assert (order.state, order.entity) == (state, "MedicationStatement/home-1")
    assert order.community


def test_adherence_that_nobody_knows_is_refused_and_a_record_in_error_is_a_void(tmp_path: Path) -> None:
    unknown = statement(**CODEABLE, status="recorded", adherence={"code": {"coding": [{"code": "unknown"}]}})
    assert [describe(item) for item in read_fhir(tmp_path, unknown)] == ["unknown-status"]
    wrong = one(read_fhir(tmp_path, statement(**CODEABLE, status="entered-in-error")), Order)
    assert wrong.status is FactStatus.ENTERED_IN_ERROR


def stay(**more: Any) -> dict[str, Any]:
    """An Encounter of R5 on ward 7, in room 3."""
    return {
        "resourceType": "Encounter",
        "id": "e",
        "status": "in-progress",
        "class": [{"coding": [{"code": "IMP"}]}],
        "subject": {"reference": "Patient/ada"},
        "actualPeriod": {"start": "2026-03-01T10:00:00Z"},
        "location": [
            {"location": {"display": "Ward 7"}, "status": "active", "form": {"coding": [{"code": "wa"}]}},
            {"location": {"display": "Room 3"}, "status": "active", "form": {"coding": [{"code": "ro"}]}},
        ],
    } | more


@pytest.mark.parametrize("status", ["discharged", "completed", "discontinued"])
def test_a_stay_of_r5_ends_by_each_of_its_words(status: str, tmp_path: Path) -> None:
    period = {"start": "2026-03-01T10:00:00Z", "end": "2026-03-05T10:00:00Z"}
    over = one(read_fhir(tmp_path, stay(status=status, actualPeriod=period)), Encounter)
    assert (over.inpatient, over.ward, over.ends_at) == (True, "Ward 7", at("2026-03-05T10:00:00"))


@pytest.mark.parametrize("codes", [("OBSENC", "EMER"), ("EMER", "IMP"), ("local", "IMP")])
def test_a_stay_of_r5_of_several_classes_is_in_the_house_if_one_says_so(
    codes: tuple[str, str], tmp_path: Path
) -> None:
    classes = [{"coding": [{"code": code}]} for code in codes]
    assert one(read_fhir(tmp_path, stay(**{"class": classes})), Encounter).inpatient


def test_a_stay_of_r5_on_leave_goes_on_and_one_without_a_class_is_not_understood(tmp_path: Path) -> None:
    away = one(read_fhir(tmp_path, stay(status="on-hold")), Encounter)
    assert (away.effective_at, away.ends_at) == (at("2026-03-01T10:00:00"), None)
    assert [describe(item) for item in read_fhir(tmp_path, stay(**{"class": []}))] == ["unknown-class"]


def test_an_intolerance_of_r5_is_one(tmp_path: Path) -> None:
    told = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": {"reference": "Patient/ada"},
        "type": {"coding": [{"code": "intolerance"}]},
        "code": {"text": "Codeine"},
        "recordedDate": "2026-01-01",
    }
    assert one(read_fhir(tmp_path, told), Allergy).intolerance


def test_the_original_is_never_changed_and_r4_comes_back_as_it_is() -> None:
    modern = [stay(), request(**CODEABLE), DRUG, statement(**CODEABLE, status="recorded")]
    before = deepcopy(modern)
    for resource in modern:
        as_r4(resource)
    assert modern == before
    for resource in (request(), statement(), administration(), {"resourceType": "Encounter", "class": {}}):
        assert as_r4(resource) == resource
