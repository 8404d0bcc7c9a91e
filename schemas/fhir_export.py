"""An issue as a FHIR R4 DetectedIssue, so that a record system can file it.

Codes are of HL7's v3-ActCode, without displays: `text` is what people read. Patients and records are named by
identifiers, because they live in other systems. What was not assessed has neither code nor severity: it must
not look like harm. A withdrawn issue is `entered-in-error`; one that is over is `final` and says in its
mitigation what ended it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.issues import DetectedIssue

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ISSUE_SYSTEM = "urn:dosewarden:issue"
PATIENT_SYSTEM = "urn:dosewarden:patient"

CODES: Mapping[str, str] = {
    "adverse-effect": "OBSA",
    "age": "AGE",
    "alcohol": "FOOD",
    "allergy": "ALGY",
    "as-needed-maximum": "MDOSE",
    "benefit-review": "OBSA",
    "cns-depression": "DRG",
    "condition": "COND",
    "cumulative-dose": "DOSEH",
    "dose-interval": "DOSEIVL",
    "double-charting": "DUPTHPGEN",
    "doubled-dose": "DOSEH",
    "duplicate-therapy": "DUPTHPY",
    "duration": "DOSEDURH",
    "first-dose": "DOSEH",
    "hepatic-dose": "DOSECOND",
    "infusion-rate": "DOSE",
    "infusion-time": "DOSE",
    "interaction": "DRG",
    "lactation": "LACT",
    "monitoring": "LAB",
    "lifetime-dose": "MDOSE",
    "opioid-load": "DOSEH",
    "loading-dose": "DOSEH",
    "naive-dose": "DOSEH",
    "pregnancy": "PREG",
    "prescribed-dose": "DOSEH",
    "projected-dose": "DOSEH",
    "refill": "COMPLY",
    "renal-dose": "DOSECOND",
    "renal-schedule": "DOSECOND",
    "result-limit": "LAB",
    "route": "DOSE",
    "screened-start": "DOSEH",
    "screening-dose": "DOSEH",
    "single-dose": "DOSEH",
    "titration": "DOSEH",
    "withdrawal": "COMPLY",
}
"""The v3-ActCode of each check: too high (DOSEH), not right for a condition (DOSECOND), and so on."""

_SEVERITIES = {"contraindicated": "high", "major": "high", "moderate": "moderate", "minor": "low"}
_OVER = frozenset({"resolved", "moved", "closed", "expired"})


def detected_issue(issue: DetectedIssue) -> dict[str, Any]:
    """The resource of an issue as it was last told."""
    standing = "open" if issue.open else issue.transition.value
    return resource(
        issue_id=issue.issue_id,
        patient=issue.patient,
        check=issue.check,
        severity=issue.severity.value,
        text=issue.text,
        standing=standing,
        identified=issue.raised_at.isoformat(),
        implicated=issue.implicated,
        evidence=issue.evidence,
        because=issue.because,
        reason=issue.reason.value if issue.reason is not None else "",
    )


def resource(
    *,
    issue_id: str,
    patient: str,
    check: str,
    severity: str,
    text: str,
    standing: str,
    identified: str = "",
    implicated: Iterable[str] = (),
    evidence: Mapping[str, Any] | None = None,
    because: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """A DetectedIssue of its parts. `standing` is a transition, an alert's state, or "open"."""
    named = [{"identifier": {"value": entity}} for entity in implicated]
    built: dict[str, Any] = {
        "resourceType": "DetectedIssue",
        "identifier": [{"system": ISSUE_SYSTEM, "value": issue_id}],
        "status": "entered-in-error" if standing == "withdrawn" else "final",
        "code": _code(check, reason),
        "patient": {"identifier": {"system": PATIENT_SYSTEM, "value": patient}},
        "detail": text,
    }
    if not reason:
        built["severity"] = _SEVERITIES[severity]
    if identified:
        built["identifiedDateTime"] = identified
    if named:
        built["implicated"] = named
    if evidence and "total" in evidence:
        unit = evidence.get("unit", "")
        told = f"{evidence['total']} {unit}".strip()
        if "limit" in evidence:
            told += f"; limit {evidence['limit']} {unit}".rstrip()
        built["evidence"] = [{"code": [{"text": told}], "detail": named}]
    if standing in _OVER:
        built["mitigation"] = [{"action": {"text": because or standing}}]
    return built


def _code(check: str, reason: str) -> dict[str, Any]:
    if reason:
        return {"text": f"not assessed: {reason}"}
    code = CODES.get(check)
    coded: dict[str, Any] = {"text": check}
    if code is not None:
        coded["coding"] = [{"system": ACT_CODE, "code": code}]
    return coded
