"""An issue as a FHIR DetectedIssue: codes that exist, the shape of HL7's examples, no false alarm."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.fhir_export import CODES, resource

EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "fhir_r4_spec"

DETECTED_ISSUE_CODES = frozenset({
    "AGE", "ALGY", "COMPLY", "COND", "DOSE", "DOSECOND", "DOSEDURH", "DOSEH", "DOSEHINDA", "DOSEIVL", "DRG",
    "DUPTHPCLS", "DUPTHPGEN", "DUPTHPY", "FOOD", "LAB", "LACT", "MDOSE", "OBSA", "PREG",
})  # fmt: skip
"""Codes read in HL7's value set v3-ActDetectedIssueCode (v3-ActCode 8.0.0)."""


def exported(**more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "issue_id": "i-1", "patient": "p-1", "check": "cumulative-dose", "severity": "major",
        "text": "baclofen: 85 mg given in the 24 h", "standing": "open", "implicated": ("dose/8",),
        "identified": "2026-03-02T08:00:00+00:00",
        "evidence": {"unit": "mg", "total": "85", "limit": "80"},
    }  # fmt: skip
    return resource(**(told | more))


@pytest.mark.parametrize("check", sorted(CODES))
def test_the_code_of_each_check_is_one_that_hl7_has_for_detected_issues(check: str) -> None:
    assert CODES[check] in DETECTED_ISSUE_CODES


def test_an_overdose_is_final_and_high_with_its_sum_and_its_limit() -> None:
    told = exported()
    assert (told["status"], told["severity"]) == ("final", "high")
    assert told["evidence"][0]["code"] == [{"text": "85 mg; limit 80 mg"}]
    assert "mitigation" not in told


def test_a_sum_without_a_limit_is_told_without_one() -> None:
    assert exported(evidence={"unit": "mg", "total": "85"})["evidence"][0]["code"] == [{"text": "85 mg"}]


def test_an_issue_that_is_over_is_final_and_says_what_ended_it() -> None:
    told = exported(standing="resolved", because="Time passed.")
    assert told["status"] == "final"
    assert told["mitigation"] == [{"action": {"text": "Time passed."}}]


def test_a_check_that_nobody_gave_a_code_is_named_in_words() -> None:
    assert exported(check="brand-new")["code"] == {"text": "brand-new"}


@pytest.mark.parametrize("name", ["ddi", "allergy", "lab"])
def test_each_element_has_the_shape_that_it_has_in_the_examples_of_hl7(name: str) -> None:
    path = EXAMPLES / f"DetectedIssue-{name}.json"
    if not path.is_file():
        pytest.skip("the FHIR R4 examples are not beside this checkout (../shared/data)")
    example = json.loads(path.read_text(encoding="utf-8"))
    told = exported(standing="resolved")
    assert told["resourceType"] == example["resourceType"]
    shared = (told.keys() & example.keys()) - {"text"}
    assert {"resourceType", "status"} <= shared
    for element in shared:
        assert type(told[element]) is type(example[element]), element
