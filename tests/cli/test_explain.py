"""`dosewarden explain`: what is behind an issue, and its number made again from what is shown."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.explain import explain
from tests.cli.test_replay import DAY, VOID, dose, of, replayed


def explained(directory: Path, issue_id: str, lines: list[dict[str, object]], *options: str) -> Result:
    """What the command prints about an issue of a replay."""
    path = directory / "told.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return CliRunner().invoke(explain, [issue_id, "--from", str(path), *options])


def test_an_overdose_is_told_with_its_doses_its_limit_its_rule_and_what_to_do(tmp_path: Path) -> None:
    lines = replayed(tmp_path, DAY)
    (issue,) = of("cumulative-dose", lines)
    told = explained(tmp_path, issue["issue_id"][:12], lines)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("cumulative-dose, major\nbaclofen: 120 mg given in the 24 h up to")
    assert "at 2026-03-02T08:00:00+00:00, stated 20 mg, counts 20, record dose/8" in told.stdout
    assert "Together 120 mg; limit 80 mg, 150 %.\nThe rows above make the same number." in told.stdout
    assert "Rule baclofen.daily.us (source-checked, read):" in told.stdout
    assert "“the total daily dose should not exceed a maximum of 80 mg daily (20 mg q.i.d.)”" in told.stdout
    assert "Hold the next dose and ask the prescriber." in told.stdout
    assert f"Issue: {issue['issue_id']}" in told.stdout


def test_a_dose_per_kilogram_is_told_with_the_weight_that_it_was_worked_out_with(tmp_path: Path) -> None:
    at = "2026-03-02T08:00:00Z"
    weighed = {
        "kind": "observation", "event_id": "w1", "patient": "bed-7", "entity": "weight/1",
        "effective_at": at, "recorded_at": at, "received_at": at, "source": "ward",
        "codings": [{"system": "loinc", "code": "29463-7"}], "value": {"value": "41", "unit": "kg"},
    }  # fmt: skip
    lines = replayed(tmp_path, [weighed, dose(8, dose={"value": "0.5", "unit": "mg/kg"})])
    (issue,) = of("single-dose", lines)
    told = explained(tmp_path, issue["issue_id"], lines)
    assert "Worked out:\n  0.5 mg/kg x 41 kg = 20.5 mg, by weight/1, for dose/8\n" in told.stdout
    assert "stated 0.5 mg/kg, counts 20.5, record dose/8" in told.stdout
    assert "The rows above make the same number." in told.stdout


def test_a_number_that_its_rows_do_not_make_is_said_aloud(tmp_path: Path) -> None:
    lines = replayed(tmp_path, DAY)
    (issue,) = of("cumulative-dose", lines)
    issue["evidence"]["total"] = "125"
    told = explained(tmp_path, issue["issue_id"], lines)
    assert "THE ROWS ABOVE MAKE 120 mg: do not rely on this number" in told.stdout


def test_a_check_that_nobody_has_words_for_still_shows_all_its_evidence(tmp_path: Path) -> None:
    (issue,) = of("cumulative-dose", replayed(tmp_path, DAY))
    rows = [{"entity": "dose/8", "counted": "7", "by": "pump"}]
    issue |= {
        "check": "brand-new",
        "evidence": {"doses": rows, "unit": "mg", "total": "7", "pump_alarm": True},
    }
    told = explained(tmp_path, issue["issue_id"], [issue])
    assert told.exit_code == 0, told.output
    assert "counts 7, record dose/8, by pump" in told.stdout
    assert "Together 7 mg; no limit is stated." in told.stdout
    assert "Pump alarm: yes" in told.stdout


def test_what_was_not_assessed_does_not_read_like_harm(tmp_path: Path) -> None:
    lines = replayed(tmp_path, [dose(8, dose={"value": "2", "unit": "furlong"})])
    issue = next(line for line in lines if line["reason"] == "unknown-unit")
    told = explained(tmp_path, issue["issue_id"], lines)
    assert told.stdout.startswith("NOT ASSESSED (unknown-unit): what could not be looked at, not harm")
    resource = json.loads(explained(tmp_path, issue["issue_id"], lines, "--fhir").stdout)
    assert "severity" not in resource
    assert "coding" not in resource["code"]


def test_a_withdrawn_issue_is_entered_in_error_for_other_systems(tmp_path: Path) -> None:
    lines = replayed(tmp_path, [*DAY, *VOID], "--transitions")
    withdrawn = next(line for line in lines if line["transition"] == "withdrawn")
    resource = json.loads(explained(tmp_path, withdrawn["issue_id"], lines, "--fhir").stdout)
    assert resource["resourceType"] == "DetectedIssue"
    assert resource["status"] == "entered-in-error"
    assert resource["code"]["coding"] == [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "DOSEH"}
    ]
    assert {"identifier": {"value": "dose/20"}} in resource["implicated"]


@pytest.mark.parametrize(
    ("asked", "says"), [("nowhere", "no line is about an issue nowhere"), ("", "is the beginning of")]
)
def test_an_unknown_or_unclear_issue_is_refused(tmp_path: Path, asked: str, says: str) -> None:
    lines = replayed(tmp_path, [*DAY, dose(9, medication={"text": "holy water"})])
    told = explained(tmp_path, asked, lines)
    assert told.exit_code == 1
    assert says in told.output
