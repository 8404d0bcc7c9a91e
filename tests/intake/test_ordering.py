"""The order of receipt."""

import json
from pathlib import Path

from services.intake.door import Door
from services.intake.formats import read
from services.intake.ordering import with_unreadable
from services.intake.reading import Accepted, Rejected
from tests.intake.test_events import dose
from tests.intake.writing import administration, at, read_fhir


def test_events_come_in_the_order_of_their_receipt_and_ties_in_file_order(tmp_path: Path) -> None:
    stated = [
        ("late", "2026-03-02T09:00:00Z"),
        ("tie-1", "2026-03-02T08:30:00Z"),
        ("tie-2", "2026-03-02T08:30:00Z"),
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(dose(event_id=name, received_at=when)) for name, when in stated))
    readings = list(read("events", [path], Door()))
    assert [r.event.event_id for r in readings if isinstance(r, Accepted)] == ["tie-1", "tie-2", "late"]


def test_an_undated_allergy_is_received_with_the_first_dated_fact_of_its_patient(tmp_path: Path) -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "patient": {"reference": "Patient/ada"},
               "code": {"text": "Penicillin"}}  # fmt: skip
    readings = read_fhir(tmp_path, allergy, administration())
    for reading in readings:
        assert isinstance(reading, Accepted)
        assert reading.event.received_at == at("2026-03-02T08:00:00")


def test_a_rejection_without_a_time_is_dated_by_what_stood_before_it(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    bad = {"kind": "administration", "patient": "ada", "entity": "dose/9"}
    path.write_text(json.dumps(dose()) + "\n" + json.dumps(bad))
    marks = [
        (r, event)
        for r, event in with_unreadable(read("events", [path], Door()), Door())
        if isinstance(r, Rejected)
    ]
    ((_, mark),) = marks
    assert mark is not None and mark.received_at == at("2026-03-02T08:00:05")


def test_a_file_with_nothing_but_one_bad_line_still_marks_its_patient(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"kind": "administration", "patient": "ada"}))
    ((_, mark),) = with_unreadable(read("events", [path], Door()), Door())
    assert mark is not None and mark.kind == "unreadable"
