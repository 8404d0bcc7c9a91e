"""Condition and AllergyIntolerance: what the patient has and does not tolerate."""

from typing import Any

from schemas.clinical import Allergy, Condition, FactStatus
from schemas.medications import Medication
from services.intake.fhir.codes import codings, listed, status_of, wording
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_OVER = frozenset({"inactive", "remission", "resolved"})
_NOT_MEANT = frozenset({"refuted", "differential"})
_HOLDS = frozenset({"active", "recurrence", "relapse"})
_CLINICAL = _OVER | _HOLDS
_VERIFIED = _NOT_MEANT | {"unconfirmed", "provisional", "presumed", "confirmed", "entered-in-error"}
NONE_KNOWN = frozenset(
    {"716186003", "409137002", "428607008", "429625007", "716184000", "716220001", "no-known-allergies"}
)
"""SNOMED CT situations of the kind "no known (drug, food, environmental, latex) allergy"."""


def condition(resource: dict[str, Any], context: Context) -> Condition:
    """A Condition. A refuted or merely differential diagnosis is taken back: it is no history either.

    House rule: one that is stated to hold holds, also where the resource says that it has ended: one too many
    warns once too often. Raises `Unreadable`.
    """
    patient = patient_of(resource, context.known)
    verified = status_of(resource, "verificationStatus", _VERIFIED)
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
    told = status_of(resource, "clinicalStatus", _CLINICAL)
    if told in _HOLDS:
        abated = None
    if abated is not None and abated.end < fields["effective_at"] and fields["status"] is FactStatus.STATED:
        raise Unreadable("end-before-start", "the condition ends before it begins", "abatement")
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
    verified = status_of(resource, "verificationStatus", _VERIFIED)
    fields = stamps(
        resource,
        context,
        patient,
        first_moment(resource, context.door, "onsetDateTime", "onsetPeriod.start", "recordedDate"),
        first_moment(resource, context.door, "recordedDate"),
        voided=verified == "entered-in-error",
        standing=True,
    )
    named = _substances(resource)
    concept = named[0] if named else None
    if concept is None and verified != "entered-in-error":
        raise Unreadable("missing-code", "neither a code nor a reaction names the substance", "code")
    if any(item != concept for item in named):
        raise Unreadable("missing-code", "its reactions name several substances, and it names none", "code")
    return Allergy(
        **fields,
        substance=Medication(text=wording(concept), codings=codings(concept)),
        active=status_of(resource, "clinicalStatus", _CLINICAL) not in _OVER and verified != "refuted",
        negated=any(coding.code in NONE_KNOWN for coding in codings(concept)),
        intolerance=resource.get("type") == "intolerance",
    )


def _substances(resource: dict[str, Any]) -> list[object]:
    """What the allergy is to: its code, else all that its reactions name."""
    told = [resource.get("code")], [item.get("substance") for item in listed(resource, "reaction")]
    named = ([item for item in some if wording(item) or codings(item)] for some in told)
    return next((some for some in named if some), [])
