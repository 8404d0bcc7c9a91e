"""OperationOutcome: what is said about a resource, with FHIR's issue types, the element's path and a cure."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
REASONS = "urn:dosewarden:reason"
"""The system of the reasons that docs/intake.md lists."""

_BY_REASON: dict[str, tuple[str, str]] = {
    "not-json": ("structure", "Send one JSON text in UTF-8."),
    "duplicate-key": ("structure", "State each element once."),
    "nested-too-deep": ("structure", "FHIR nests a few levels; send the resource without what surrounds it."),
    "too-large": ("too-long", "Send it in smaller parts."),
    "wrong-schema": ("structure", "Run a FHIR R4 validator on the resource and send it again."),
    "unknown-type": ("not-supported", "Name a resource type of FHIR R4."),
    "wrong-url": ("invalid", "Send it to the URL of its own type, a PUT with its own id."),
    "unsupported-method": (
        "not-supported",
        "Nothing is deleted or read here: take a statement back with status entered-in-error.",
    ),
    "unknown-kind": ("not-supported", "Send a kind of event that the contract knows."),
    "unknown-status": ("code-invalid", "Send a status of FHIR R4 that says whether it holds."),
    "unknown-class": ("code-invalid", "Send a class of v3-ActEncounterCode: IMP, AMB, EMER, ..."),
    "unknown-intent": ("code-invalid", "Send an intent of FHIR R4."),
    "negative-value": ("value", "Send the amount without a sign."),
    "bad-number": ("value", "Send a finite decimal number."),
    "end-before-start": ("invariant", "Correct the period."),
    "contradiction": ("invariant", "Send the value or why there is none, not both."),
    "future-event": (
        "business-rule",
        "Send it when it has happened, and check both clocks and the UTC offset.",
    ),
    "clock-ahead": ("business-rule", "Set the clock of the source, and check the UTC offset."),
    "implausible-time": ("business-rule", "Correct the year."),
    "missing-time": ("required", "Say when it happened, or send meta.lastUpdated."),
    "bad-time": ("value", "Send a FHIR dateTime with its UTC offset."),
    "imprecise-time": ("value", "Send the time of day, with its UTC offset."),
    "missing-patient": ("required", "Refer to the patient as Patient/[id], or by an identifier."),
    "not-a-patient": ("not-supported", "Only what is about a patient is judged: refer to Patient/[id]."),
    "source-not-allowed": (
        "forbidden",
        "Send it as the source whose facts these are, or have the allow-list of this one extended.",
    ),
    "stated-twice": (
        "conflict",
        "Send meta.lastUpdated, or a meta.versionId that is a number, with each version, or the last version"
        " alone.",
    ),
    "unknown-modifier": (
        "extension",
        "Nobody here knows what it changes: state that in elements of FHIR R4, and send the resource without"
        " it.",
    ),
    "incomplete": ("incomplete", "Send the whole resource: search without _summary and _elements."),
    "missing-drug": ("required", "Send medication[x] with a code or a text."),
    "missing-code": ("required", "Send a code or a text."),
}


def issue(
    severity: str, code: str, diagnostics: str, *, reason: str | None = None, expression: str | None = None
) -> Json:
    """One issue; nothing of a payload belongs into it."""
    found: Json = {"severity": severity, "code": code}
    if reason is not None:
        found["details"] = {"coding": [{"system": REASONS, "code": reason}]}
    found["diagnostics"] = diagnostics
    if expression:
        found["expression"] = [expression]
    return found


def error(reason: str, detail: str, expression: str | None = None) -> Json:
    """The issue of a rejection: what is wrong, and how to mend it."""
    code, cure = _BY_REASON.get(reason, ("processing", "Correct the element and send the resource again."))
    return issue("error", code, f"{detail}. {cure}", reason=reason, expression=expression)


def outcome(issues: Iterable[Json]) -> Json:
    """The OperationOutcome of these issues; one that says so where there are none."""
    found = list(issues) or [issue("information", "informational", "there was nothing to read")]
    return {"resourceType": "OperationOutcome", "issue": found}
