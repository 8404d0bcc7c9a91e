"""From the bytes of one message to its outcome."""

import hashlib
from dataclasses import replace

from schemas.rejections import Origin
from services.intake.allowing import NOT_ALLOWED, refuse_facility
from services.intake.door import Door
from services.intake.fhir.elements import Moment
from services.intake.hl7v2 import kinds, parts, people
from services.intake.hl7v2.beginnings import beyond_limits, marked
from services.intake.hl7v2.faults import UNSUPPORTED_PROCESSING_ID, Fault, Misread
from services.intake.hl7v2.header import facility_names, salvaged
from services.intake.hl7v2.identities import patient_of
from services.intake.hl7v2.message import Message, parse
from services.intake.hl7v2.outcome import Outcome, Telling, passed_over, unread
from services.intake.hl7v2.sections import sections
from services.intake.hl7v2.stamping import Context
from services.intake.hl7v2.times import moment
from services.intake.reading import Unreadable

FORMAT = "hl7v2"


def read_message(
    content: bytes, origin: Origin, door: Door, *, not_for_care: frozenset[str] = frozenset()
) -> Outcome:
    """What one message says. Never raises: what cannot be read is a rejection.

    Messages for training (MSH-11 T) and debugging (D) are passed over, unless `not_for_care` lets them in.
    """
    source = door.source or FORMAT
    if door.clock is not None:
        now = door.clock()
        door = replace(door, clock=lambda: now)
    try:
        message = parse(content)
    except Unreadable as error:
        named: tuple[str, ...] = ()
        if error.reason == "too-large":
            error, named = beyond_limits(content, error, door, whole=True)
        return unread(content, origin, door, source, error, salvaged(content), named)
    try:
        refuse_facility(door, facility_names(message.header))
    except Unreadable:
        refused = Misread(
            NOT_ALLOWED, "names no facility that its source may speak for", message.segments[0], 4
        )
        return unread(content, origin, door, source, refused, message.header)
    use = kinds.not_for_care(message)
    if use is not None and message.header.processing_id not in not_for_care:
        reason = f"message-for-{use}"
        detail = f"MSH-11 says that the message is for {use}"
        notice = Fault("W", "MSH", 1, 11, UNSUPPORTED_PROCESSING_ID, reason, detail)
        return passed_over(message.header, origin, reason, notice)
    digest = hashlib.sha256(content).hexdigest()[:16]
    context = Context(door, source, "", None, digest)
    telling = Telling(message, content, origin, context)
    for section in sections(message):
        telling.turn_to(section, replace(context, patient=marked(section)))
        try:
            _read(telling)
        except Unreadable as error:
            telling.reject(error, ())
    if not telling.readings:
        telling.skip("nothing-stated")
    return telling.outcome()


def _read(telling: Telling) -> None:
    """What the message says of one patient. Raises `Unreadable` for all of it."""
    message, door = telling.message, telling.context.door
    telling.context = replace(telling.context, sent=_sent(message, door))
    try:
        kinds.refuse_unknown(message)
    except Unreadable as error:
        if not kinds.may_move_records(message):
            raise
        parts.reject_at_everybody(telling, error)
        return
    if message.header.message_type == kinds.DISPENSE:
        telling.skip("dispense")
        return
    pid = message.first("PID")
    if pid is None:
        raise Misread("missing-patient", "has no PID behind it", message.segments[0], 9)
    if not telling.context.patient and not kinds.of_several_records(message):
        telling.context = replace(telling.context, patient=patient_of(pid))
    visit = people.entity_of(message, message.first("PV1"))
    telling.context = replace(telling.context, visit=visit)
    parts.read(telling, pid)


def _sent(message: Message, door: Door) -> Moment | None:
    return moment(message.segments[0], 7, door)
