"""`dosewarden intake check` as an integrator runs it: nothing is sent, everything is counted."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.main import main
from tests.intake.test_events import EXAMPLE
from tests.intake.writing import administration, amount, instruction, request, write_table

ACETAMINOPHEN = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "161"}]}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["intake", "check", *arguments])


def told(*arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def write(path: Path, *resources: dict[str, Any]) -> str:
    path.write_text("\n".join(json.dumps(resource) for resource in resources) + "\n")
    return str(path)


def test_accepted_rejected_and_skipped_are_told_with_their_reasons(tmp_path: Path) -> None:
    path = write(
        tmp_path / "day.ndjson",
        request(),
        administration(status="unknown"),
        {"resourceType": "Claim", "id": "1"},
        {"resourceType": "MedicationDispense", "id": "2"},
    )
    counts = told("--format", "fhir", path)
    assert (counts["files"], counts["messages"], counts["accepted"]) == (1, 4, {"order": 1})
    assert [(item["reason"], item["count"]) for item in counts["rejected"]] == [("unknown-status", 1)]
    assert counts["skipped"] == {
        "dispensed-is-neither-ordered-nor-given": 1,
        "resource-type-not-read:Claim": 1,
    }


def test_a_message_with_several_statements_is_one_message(tmp_path: Path) -> None:
    parts = [{"code": {"text": "systolic"}, "valueQuantity": amount(120, "mm[Hg]")}] * 2
    panel = {
        "resourceType": "Observation",
        "id": "bp",
        "code": {"text": "blood pressure"},
        "status": "final",
        "subject": {"reference": "Patient/ada"},
        "effectiveDateTime": "2026-03-02T07:00:00Z",
        "component": parts,
    }
    counts = told("--format", "fhir", write(tmp_path / "bp.ndjson", panel))
    assert (counts["messages"], counts["accepted"]) == (1, {"observation": 3})


@pytest.mark.parametrize(
    ("resource", "reasons"),
    [
        (administration(medicationCodeableConcept=ACETAMINOPHEN), {}),
        (
            administration(medicationCodeableConcept=ACETAMINOPHEN, dosage={"dose": {"value": 1}}),
            {"unknown-unit": 1},
        ),
        (
            administration(medicationCodeableConcept=ACETAMINOPHEN, dosage={"text": "two tablets"}),
            {"text-only-dose": 1},
        ),
        (
            administration(medicationCodeableConcept=ACETAMINOPHEN, dosage={"dose": amount(15, "mg/kg")}),
            {"missing-weight": 1},
        ),
        (administration(medicationCodeableConcept={"text": "the small white pill"}), {"unmapped-drug": 1}),
        (administration(status="entered-in-error", dosage=None), {}),
        (
            request(
                medicationCodeableConcept=ACETAMINOPHEN,
                dosageInstruction=[instruction(), {"text": "and one more at night"}],
            ),
            {"text-only-dose": 1},
        ),
        (request(medicationCodeableConcept=ACETAMINOPHEN, dosageInstruction=None), {"missing-dose": 1}),
        (
            {
                "resourceType": "Condition",
                "id": "c",
                "subject": {"reference": "Patient/ada"},
                "code": {"text": "weak kidneys"},
            },
            {"uncoded-condition": 1},
        ),
        (
            {
                "resourceType": "AllergyIntolerance",
                "id": "a",
                "patient": {"reference": "Patient/ada"},
                "code": {"text": "the small white pill"},
            },
            {"unmapped-drug": 1},
        ),
    ],
)
def test_what_is_accepted_and_cannot_be_calculated_is_told_with_the_reason(
    resource: dict[str, Any], reasons: dict[str, int], tmp_path: Path
) -> None:
    counts = told("--format", "fhir", write(tmp_path / "one.ndjson", resource))
    assert sum(counts["accepted"].values()) == 1
    assert counts["not_assessed"] == {"statements": len(reasons), "reasons": reasons}


def test_each_file_is_told_on_a_line_of_its_own_an_empty_one_too(tmp_path: Path) -> None:
    first = write(tmp_path / "a.ndjson", request(), request(id="2"))
    second = write(tmp_path / "b.ndjson", administration(effectiveDateTime=None))
    (tmp_path / "c.ndjson").write_text("\n")
    empty = str(tmp_path / "c.ndjson")
    done = run("--format", "fhir", "--each", first, second, empty)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{first}: 2 messages, accepted 2, ")
    assert lines[1].startswith(f"{second}: 1 messages, accepted 0, ")
    assert "rejected 1 (1 missing-time)" in lines[1]
    assert lines[2].startswith(f"{empty}: 0 messages, accepted 0, ")
    assert lines[3:5] == ["files 3", "messages 3"]
    by_file = told("--format", "fhir", "--each", first, second, empty)["each"]
    assert {name: counts["messages"] for name, counts in by_file.items()} == {first: 2, second: 1, empty: 0}


def test_other_formats_are_counted_alike(tmp_path: Path) -> None:
    assert told("--format", "events", str(EXAMPLE))["accepted"] == {
        "administration": 2, "heartbeat": 1, "order": 1, "patient": 1
    }  # fmt: skip
    rows = [{"ROW_ID": 1, "SUBJECT_ID": 5, "HADM_ID": 7, "ADMITTIME": "2101-01-01 10:00:00", "DISCHTIME": ""}]
    write_table(tmp_path, "ADMISSIONS", rows)
    assert told("--format", "mimic3", str(tmp_path))["messages"] >= 1


def test_nothing_of_a_payload_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ndjson", request(status="Lovelace", dosageInstruction=[{"text": "Byron"}]))
    done = run("--format", "fhir", path, "--each")
    assert "Lovelace" not in done.output and "Byron" not in done.output and "ada" not in done.output


def test_only_a_run_that_failed_itself_ends_with_exit_1(tmp_path: Path) -> None:
    assert run("--format", "fhir", write(tmp_path / "bad.ndjson", {"no": "resource"})).exit_code == 0
    (tmp_path / "damaged.json.gz").write_bytes(b"no gzip at all")
    assert run("--format", "fhir", str(tmp_path / "damaged.json.gz")).exit_code == 1
    assert run("--format", "csv", str(tmp_path)).exit_code == 2
    assert run("--format", "fhir").exit_code == 2
