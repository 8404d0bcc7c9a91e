"""A34, A40: a record goes on under another number. A24, A37: two records are linked, or no longer."""

from dataclasses import replace

from schemas.clinical import Merge
from services.intake.fhir.elements import Moment
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import patient_of
from services.intake.hl7v2.message import Message, Segment
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

MERGES = frozenset({"A34", "A40"})
LINK, UNLINK = "A24", "A37"
LINKS = frozenset({LINK, UNLINK})
_ENTITY = "merge"
_LINK_ENTITY = "link"
"""Each unique within the old patient: it goes on under one other number at a time."""


def merge(message: Message, old: str, survivor: str, mrg: Segment, context: Context) -> Merge:
    """The old patient's fact that the record goes on elsewhere. Raises `Unreadable`."""
    if old == survivor:
        raise Misread("merged-with-itself", "names the patient of the PID", mrg, 1)
    return Merge(
        **stamps(replace(context, patient=old), _ENTITY, happened(message, context)), survivor=survivor
    )


def linked(message: Message) -> tuple[Segment, Segment]:
    """The two PID of a link or its end. Raises `Misread`."""
    found = [segment for segment in message.segments if segment.name == "PID"]
    if len(found) != 2:
        raise Misread("missing-patient", "has not two PID behind it", message.segments[0], 9)
    first, second = found
    if patient_of(first) == patient_of(second):
        raise Misread("merged-with-itself", "names the patient of the first PID", second, 3)
    return first, second


def link(message: Message, first: Segment, second: Segment, context: Context) -> Merge:
    """That the record of the second PID goes on under the first, or does so no longer.

    HL7 says that linked records are of one person and stay two; who is treated under both is judged as one.
    Which of the two was named first is not told apart when a link ends: the end is stated of each.
    """
    ended = message.header.trigger == UNLINK
    mine = replace(context, patient=patient_of(second))
    fields = stamps(mine, _LINK_ENTITY, happened(message, context), voided=ended)
    return Merge(**fields, survivor=patient_of(first))


def happened(message: Message, context: Context) -> Moment | None:
    """When what an ADT message tells of happened (EVN-6, else EVN-2)."""
    evn = message.first("EVN")
    return (moment(evn, 6, context.door) or moment(evn, 2, context.door)) if evn is not None else None
