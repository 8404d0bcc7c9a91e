"""PID and PV1 of ADT messages: who it is, as far as judgement needs it, and where the patient lies."""

from typing import Literal

from schemas.clinical import Encounter, Patient
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import numbered_by_authority
from services.intake.hl7v2.merges import happened
from services.intake.hl7v2.message import Message, Segment
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import ending, moment

_SEXES: dict[str, Literal["male", "female", "other", "unknown"]] = {
    "M": "male", "MALE": "male", "F": "female", "FEMALE": "female", "O": "other", "OTHER": "other",
    "A": "other", "X": "other",
}  # fmt: skip
_INPATIENT = frozenset({"I", "B"})
"""HL7 table 0004: inpatient, obstetrics."""
_ELSEWHERE = frozenset({"O", "E", "P", "R", "C"})
"""HL7 table 0004: outpatient, emergency, preadmit, recurring patient, commercial account. N (not applicable),
U (unknown) and a code of the site's own say nothing.
"""
_PLACE, _BED = (1, 2, 3), 3
"""Of PV1-3 (PL): point of care, room, bed."""
_NO_NURSING = frozenset({"C", "H", "O", "P"})
"""HL7 table 0305 (PL.6): clinic, home, provider's office, phone."""
_BEGINS = frozenset({"A01", "A04"})
_TAKEN_BACK = frozenset({"A11"})
_MOVES = frozenset({"A02", "A06", "A07", "A12"})
"""These say of the place of the patient that it is another one since the event occurred."""
_ENTITY = "patient"
"""Unique within the patient, and no record number: these leave the door only as keyed hashes."""
_ENDS = "A03"
_GOES_ON = "A13"
_VERSIONS = {"A11": 2, "A03": 1, "A13": 2}
"""Of two messages sent in the same second the later step of a visit holds."""


def patient(pid: Segment, context: Context) -> Patient:
    """A PID without name and numbers. A birth date known only to the year gives no age. Raises `Misread`."""
    born, died = moment(pid, 7, context.door), moment(pid, 29, context.door)
    fields = stamps(context, _ENTITY, None, standing=True)
    died_at = died.at if died is not None else None
    if died_at is None and pid.text(30).upper() == "Y":
        died_at = fields["recorded_at"]
    return Patient(
        **fields,
        born_at=born.at if born is not None and born.precision in ("day", "time") else None,
        sex=_SEXES.get(pid.text(8).upper(), "unknown"),
        died_at=died_at,
    )


def encounter(message: Message, pv1: Segment, entity: str, context: Context) -> Encounter:
    """The visit of an ADT message. Raises `Unreadable`.

    It begins at PV1-44, for an admission else when the event occurred; a later event that does not say when
    it began is not read, because any instant would be invented.
    """
    event = message.header.trigger
    occurred = happened(message, context)
    start = moment(pv1, 44, context.door)
    voided = event in _TAKEN_BACK
    if start is None and (event in _BEGINS or voided):
        start = occurred or context.sent
    if start is None:
        raise Misread("missing-time", "says not when the visit began", pv1, 44)
    fields = stamps(context, entity, start, occurred, version=_VERSIONS.get(event, 0), voided=voided)
    end = None if event == _GOES_ON or voided else ending(pv1, 45, context.door)
    ends_at = end.end if end is not None else None
    if event == _ENDS and ends_at is None:
        ended = occurred or context.sent
        if ended is None:
            raise Misread("missing-time", "says not when the visit ended", pv1, 45)
        ends_at = ended.end
    if ends_at is not None and ends_at < fields["effective_at"]:
        raise Misread("end-before-start", "lies before PV1-44", pv1, 45)
    moved = start if event in _BEGINS else occurred if event in _MOVES else None
    code = pv1.text(2).upper()
    known = code in _INPATIENT | _ELSEWHERE
    return Encounter(
        **fields,
        inpatient=code in _INPATIENT if known else _in_a_bed(pv1),
        class_known=known,
        ward=_ward(pv1),
        ward_since=moved.at if moved is not None else None,
        ends_at=ends_at,
    )


def _in_a_bed(pv1: Segment) -> bool:
    """Whether a place is assigned to the patient. House rule: who has one counts as in the house where nobody
    says whether they stay, because a missed dose must not pass in silence. A clinic and the like is such a
    place only with a bed: sources write C of the beds of a ward, too.
    """
    place = pv1.field(3)
    if place.text(6).upper() in _NO_NURSING and not place.text(_BED, 1):
        return False
    return any(place.text(part, 1) for part in _PLACE)


def entity_of(message: Message, pv1: Segment | None) -> str | None:
    """The visit's own name: its number (PV1-19), else the account's (PID-18); None without either."""
    if pv1 is not None and (found := numbered_by_authority(pv1.field(19))):
        return f"encounter/{found}"
    pid = message.first("PID")
    found = numbered_by_authority(pid.field(18)) if pid is not None else ""
    return f"encounter/account/{found}" if found else None


def _ward(pv1: Segment) -> str:
    """The point of care where the patient lies, else what else names the place (PL)."""
    place = pv1.field(3)
    names = (place.text(1, 1), place.text(1, 2), place.text(9), place.text(4, 1))
    return next((name for name in names if name), "")[:2_000]
