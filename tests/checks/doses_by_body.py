"""Weights and heights, what is missing of them, and findings worked out with them."""

from schemas.clinical import PatientFact
from services.safety.checks.judgement import Finding
from services.safety.checks.not_assessed.unassessed import UnassessedDrug
from services.safety.recomputing import recomputed
from tests.builders import at, observation
from tests.checks.ward import Ward

unassessed = Ward(UnassessedDrug())


def weight(kg: str, hours: float = -1, **more: object) -> PatientFact:
    return observation("29463-7", f"{kg} kg", at(hours), entity=f"weight {kg}", **more)


def height(cm: str, hours: float = -1) -> PatientFact:
    return observation("8302-2", f"{cm} cm", at(hours), entity="height")


def missing(facts: list[PatientFact], hours: float, seconds: float = 0) -> list[str]:
    found = unassessed.judge(facts, at(hours, seconds=seconds), "baclofen").findings
    return [finding.reason.value for finding in found if finding.reason is not None]


def made_again(finding: Finding | None) -> Finding:
    assert finding is not None
    again = recomputed(finding.check, finding.evidence)
    assert again is not None and again.agrees
    return finding
