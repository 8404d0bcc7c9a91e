"""Patient and Encounter: who it is, as far as judgement needs it, and where the patient lies."""

from datetime import datetime
from typing import Any, Literal

from schemas.clinical import Encounter, Patient
from services.intake.fhir.codes import inner, listed, short
from services.intake.fhir.elements import moment
from services.intake.fhir.header import Context, first_moment, stamps
from services.intake.fhir.references import patient_of
from services.intake.reading import Unreadable

_SEXES: dict[str, Literal["male", "female", "other", "unknown"]] = {
    "male": "male", "female": "female", "other": "other",
}  # fmt: skip
_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS"})
_STATES = frozenset(
    {"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error"}
)


def patient(resource: dict[str, Any], context: Context) -> Patient:
    """A Patient without name and numbers. A birth date known only to the year gives no age."""
    own = resource.get("id")
    if not isinstance(own, str) or not own:
        raise Unreadable("missing-patient", "the patient record has no id", "id")
    born = first_moment(resource, context.door, "birthDate")
    died = first_moment(resource, context.door, "deceasedDateTime")
    fields = stamps(resource, context, own, None, None, standing=True)
    died_at = died.at if died is not None else None
    if died_at is None and resource.get("deceasedBoolean") is True:
        died_at = fields["recorded_at"]
    return Patient(
        **fields,
        born_at=born.at if born is not None and born.precision != "year" else None,
        sex=_SEXES.get(str(resource.get("gender")), "unknown"),
        died_at=died_at,
    )


def encounter(resource: dict[str, Any], context: Context) -> Encounter:
    """An Encounter that has begun. Raises `Unreadable`; one only planned is passed over by the caller."""
    status = str(resource.get("status"))
    if status not in _STATES:
        raise Unreadable(
            "unknown-status", "the status of the encounter is none that says where the patient is", "status"
        )
    of = patient_of(resource, context.known)
    start = first_moment(resource, context.door, "period.start")
    end = first_moment(resource, context.door, "period.end")
    fields = stamps(resource, context, of, start, None, voided=status in ("cancelled", "entered-in-error"))
    ends_at = end.end if end is not None else None
    if ends_at is not None and ends_at < fields["effective_at"]:
        raise Unreadable("end-before-start", "the encounter ends before it starts", "period")
    if status == "finished" and ends_at is None:
        ends_at = max(fields["recorded_at"], fields["effective_at"])
    kind = resource.get("class")
    return Encounter(
        **fields,
        inpatient=isinstance(kind, dict) and str(kind.get("code")) in _INPATIENT,
        ward=_ward(resource, context, ends_at),
        ends_at=ends_at,
    )


def _ward(resource: dict[str, Any], context: Context, ends_at: datetime | None) -> str:
    """The display of the location where the patient is now, or was last."""
    last: tuple[bool, datetime | None, str] | None = None
    for item in listed(resource, "location"):
        place = item.get("location")
        name = short(place.get("display")) or short(place.get("reference")) if isinstance(place, dict) else ""
        period = inner(item, "period")
        start = moment(period.get("start"), context.door, "location.period.start")
        here = item.get("status") == "active" or (ends_at is None and period.get("end") is None)
        found = (here, start.at if start else None, name)
        if name and (last is None or _later(found, last)):
            last = found
    return last[2] if last is not None else ""


def _later(new: tuple[bool, datetime | None, str], old: tuple[bool, datetime | None, str]) -> bool:
    if new[0] != old[0]:
        return new[0]
    return old[1] is None or (new[1] is not None and new[1] >= old[1])
