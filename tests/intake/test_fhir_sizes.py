"""Resources at the limits are read in a time that grows with their size, not with its square: these took
minutes, in which no other large request was read.
"""

from pathlib import Path

import pytest

from schemas.clinical import Merge, Order
from services.intake.reading import Accepted
from tests.intake.writing import amount, describe, instruction, one, read_fhir, request

DOSAGES = 400


@pytest.mark.parametrize(
    ("text", "dosed"),
    [("three times a day, 1" + " " * 1_900 + "for now", True), ("1 mg 2 tabs " * 160, False)],
    ids=["one long gap", "tablets and strengths"],
)
def test_an_order_of_long_texts_is_read(text: str, dosed: bool, tmp_path: Path) -> None:
    told = [instruction(text=text) for _ in range(DOSAGES)]
    order = one(read_fhir(tmp_path, request(dosageInstruction=told)), Order)
    assert [dosage.dose_high is not None for dosage in order.dosages] == [dosed] * DOSAGES


def test_a_text_of_more_tablets_and_strengths_than_any_dosage_has_is_read(tmp_path: Path) -> None:
    words = " ".join(f"{number} mg {number} tabs" for number in range(100, 200))
    told = [instruction(text=words) for _ in range(DOSAGES)]
    order = one(read_fhir(tmp_path, request(dosageInstruction=told)), Order)
    assert not any(dosage.dose_high for dosage in order.dosages)


def test_a_record_that_replaces_as_many_as_it_may_is_read(tmp_path: Path) -> None:
    name = [{"text": "x" * 500_000}]
    links = [{"type": "replaces", "other": {"reference": f"Patient/{number}"}} for number in range(500)]
    person = {"resourceType": "Patient", "id": "ada", "name": name, "link": links}
    merges = [
        reading.event
        for reading in read_fhir(tmp_path, person)
        if isinstance(reading, Accepted) and isinstance(reading.event, Merge)
    ]
    assert {merge.survivor for merge in merges} == {"ada"}
    assert [merge.patient for merge in merges] == [str(number) for number in range(500)]
    assert len({merge.event_id for merge in merges}) == 500


def test_more_links_or_components_than_anybody_states_are_refused(tmp_path: Path) -> None:
    links = [{"type": "replaces", "other": {"reference": f"Patient/{number}"}} for number in range(501)]
    person = {"resourceType": "Patient", "id": "ada", "link": links}
    panel = {
        "resourceType": "Observation",
        "id": "panel",
        "status": "final",
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T08:00:00Z",
        "code": {"text": "panel"},
        "component": [{"code": {"text": "part"}, "valueQuantity": amount(1, "mg/dL")}] * 501,
    }
    assert [describe(reading) for reading in read_fhir(tmp_path, person, panel)] == ["too-large", "too-large"]
