"""The patient of a message that is beyond the limits: who it is about stands in its first segments."""

from services.intake.allowing import refuse_facility
from services.intake.door import Door
from services.intake.hl7v2 import kinds
from services.intake.hl7v2.header import facility_names
from services.intake.hl7v2.identities import patient_of
from services.intake.hl7v2.message import Message, parse
from services.intake.reading import Unreadable

_BEGINNING = 64 * 1024
_LINES = 50
"""Lines in which PID stands in every message that is read here."""


def patient_in_beginning(content: bytes, door: Door) -> str:
    """The patient of a message of which perhaps only the beginning is there; empty where it cannot be read
    for certain, or is none of whom the door's source may speak. A line that may have been cut off is not
    looked at.
    """
    lines = content[:_BEGINNING].replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")[:-1]
    try:
        message = parse(b"\r".join(lines[:_LINES]))
        refuse_facility(door, facility_names(message.header))
    except Unreadable:
        return ""
    patient = marked(message) if kinds.not_for_care(message) is None else ""
    return patient if door.speaks_of(patient) else ""


def marked(message: Message) -> str:
    """The patient at whom a message that is refused as a whole leaves its mark: none where it could not have
    said anything that is judged here.
    """
    known = message.header.message_type in kinds.EVENTS
    if not known or (kinds.is_unknown_admission(message) and message.first("MRG") is None):
        return ""
    pid = message.first("PID")
    try:
        return patient_of(pid) if pid is not None else ""
    except Unreadable:
        return ""
