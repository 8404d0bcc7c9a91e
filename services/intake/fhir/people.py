"""Patient and Encounter: who it is, as far as judgement needs it, and where the patient lies."""

from datetime import datetime, timedelta
from typing import Any, Literal

from schemas.clinical import Encounter, Patient
from services.intake.fhir.codes import flag, listed
from services.intake.fhir.elements import moment
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.leaves import on_leave
from services.intake.fhir.places import places
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_SEXES: dict[str, Literal["male", "female", "other", "unknown"]] = {
    "male": "male", "female": "female", "other": "other",
}  # fmt: skip
_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "I", "B"})
_ELSEWHERE = frozenset({"AMB", "EMER", "FLD", "HH", "PRENC", "VR", "C", "E", "N", "O", "P", "R"})
"""Codes of v3-ActEncounterCode and of HL7 table 0004."""
_NOT_BEGUN = frozenset({"planned", "cancelled", "entered-in-error"})
_STATES = frozenset(
    {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error"}
)


def patient(resource: dict[str, Any], context: Context) -> Patient:
    """A Patient without name and numbers. A birth date known only to the year gives no age, nor does one
    that the patient-birthTime extension contradicts.
    """
    own = resource.get("id")
    if not isinstance(own, str) or not own:
        raise Unreadable("missing-patient", "the patient record has no id", "id")
    born = first_moment(resource, context.door, "birthDate")
    died = first_moment(resource, context.door, "deceasedDateTime")
    born_at = born.at if born is not None and born.precision != "year" else None
    exactly = _birth_time(resource, context)
    if born_at is not None and exactly is not None:
        born_at = exactly if _one_day(born_at, exactly) else None
    fields = stamps(resource, context, own, None, None, standing=True)
    died_at = died.at if died is not None else None
    if died_at is None and flag(resource, "deceasedBoolean"):
        died_at = fields["recorded_at"]
    return Patient(
        **fields,
        born_at=born_at,
        sex=_SEXES.get(str(resource.get("gender")), "unknown"),
        died_at=died_at,
    )


def _birth_time(resource: dict[str, Any], context: Context) -> datetime | None:
    for item in listed(resource.get("_birthDate"), "extension"):
        if item.get("url") == _BIRTH_TIME:
            found = moment(item.get("valueDateTime"), context.door, "birthDate")
            return found.at if found is not None else None
    return None


def _one_day(day: datetime, instant: datetime) -> bool:
    """Whether an instant lies in a day of any zone."""
    return timedelta(hours=-14) <= instant - day <= timedelta(hours=38)


def encounter(resource: dict[str, Any], context: Context) -> Encounter:
    """An Encounter. Raises `Unreadable`. One that is planned has not begun: it is taken back, in case that it
    was said to have, and need have no time.
    """
    status = str(resource.get("status"))
    if status not in _STATES:
        raise Unreadable(
            "unknown-status", "the status of the encounter is none that says where the patient is", "status"
        )
    of = patient_of(resource, context.known)
    start = first_moment(resource, context.door, "period.start")
    end = first_moment(resource, context.door, "period.end")
    voided = status in _NOT_BEGUN
    fields = stamps(resource, context, of, start, None, voided=voided, standing=status == "planned")
    ends_at = end.end if end is not None else None
    if ends_at is not None and ends_at < fields["effective_at"] and not voided:
        raise Unreadable("end-before-start", "the encounter ends before it starts", "period")
    if status == "finished" and ends_at is None:
        ends_at = max(fields["recorded_at"], fields["effective_at"])
    where = places(resource, context, ends_at)
    leave = on_leave(resource, context, fields["recorded_at"])
    return Encounter(
        **fields,
        inpatient=_inpatient(resource.get("class"), over=voided or status == "finished"),
        ward=where.ward,
        ward_since=where.since,
        wards_listed=where.listed,
        ends_at=ends_at,
        leave_told=True,
        away_since=leave.away_since,
        leaves=leave.leaves,
    )


def _inpatient(kind: object, *, over: bool) -> bool:
    """Whether somebody of this class lies in the house. Raises `Unreadable` where nobody can say, unless the
    stay is over: taken for one who does not, a patient would miss nothing that is not given.
    """
    kinds = kind if isinstance(kind, list) else [kind]
    codes = {str(item.get("code")) for item in kinds if isinstance(item, dict)}
    if over or codes & _INPATIENT or codes & _ELSEWHERE:
        return bool(codes & _INPATIENT)
    raise Unreadable(
        "unknown-class",
        "the class of the encounter is none that says whether the patient is in the house",
        "class",
    )
