"""Condition and AllergyIntolerance: what the patient has and does not tolerate."""

from typing import Any

from schemas.clinical import Allergy, Condition, Medication
from services.intake.fhir.codes import code_of, codings, listed, wording
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_OVER = frozenset({"inactive", "remission", "resolved"})
_NOT_MEANT = frozenset({"refuted", "differential"})
NONE_KNOWN = frozenset(
    {"716186003", "409137002", "428607008", "429625007", "716184000", "716220001", "no-known-allergies"}
)
"""SNOMED CT situations of the kind "no known (drug, food, environmental, latex) allergy"."""


def condition(resource: dict[str, Any], context: Context) -> Condition:
    """A Condition. A refuted or merely differential diagnosis is taken back: it is no history either."""
    patient = patient_of(resource, context.known)
    verified = code_of(resource.get("verificationStatus"))
    fields = stamps(
        resource,
        context,
        patient,
        first_moment(resource, context.door, "onsetDateTime", "onsetPeriod.start", "recordedDate"),
        first_moment(resource, context.door, "recordedDate"),
        voided=verified == "entered-in-error" or verified in _NOT_MEANT,
        standing=True,
    )
    abated = first_moment(resource, context.door, "abatementDateTime", "abatementPeriod.end")
    told = code_of(resource.get("clinicalStatus"))
    over = told in _OVER or (not told and any(name.startswith("abatement") for name in resource))
    active = not over and verified not in _NOT_MEANT
    return Condition(
        **fields,
        codings=codings(resource.get("code")),
        text=wording(resource.get("code")),
        active=active,
        abated_at=abated.end if abated is not None else None,
    )


def allergy(resource: dict[str, Any], context: Context) -> Allergy:
    """An AllergyIntolerance; "no known allergy" is recorded as negated.

    Without a code the substance of a reaction is what is not tolerated. Raises `Unreadable` where none is
    named: what could be anything is held against nothing.
    """
    patient = patient_of(resource, context.known)
    verified = code_of(resource.get("verificationStatus"))
    fields = stamps(
        resource,
        context,
        patient,
        first_moment(resource, context.door, "onsetDateTime", "onsetPeriod.start", "recordedDate"),
        first_moment(resource, context.door, "recordedDate"),
        voided=verified == "entered-in-error",
        standing=True,
    )
    concept = next((item for item in _substances(resource) if wording(item) or codings(item)), None)
    if concept is None and verified != "entered-in-error":
        raise Unreadable("missing-code", "neither a code nor a reaction names the substance", "code")
    return Allergy(
        **fields,
        substance=Medication(text=wording(concept), codings=codings(concept)),
        active=code_of(resource.get("clinicalStatus")) not in _OVER and verified != "refuted",
        negated=any(coding.code in NONE_KNOWN for coding in codings(concept)),
        intolerance=resource.get("type") == "intolerance",
    )


def _substances(resource: dict[str, Any]) -> list[object]:
    return [resource.get("code"), *(item.get("substance") for item in listed(resource, "reaction"))]
