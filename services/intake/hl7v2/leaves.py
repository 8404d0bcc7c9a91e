"""A21, A22: a leave of absence begins, and ends. A52, A53: it was not so."""

from schemas.clinical import Observation
from schemas.leave import LEAVE, LeaveEvent
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.merges import happened
from services.intake.hl7v2.message import Message
from services.intake.hl7v2.stamping import Context, stamps

EVENTS = {
    "A21": LeaveEvent.BEGUN, "A22": LeaveEvent.ENDED,
    "A52": LeaveEvent.NOT_BEGUN, "A53": LeaveEvent.NOT_ENDED,
}  # fmt: skip


def leave(message: Message, visit: str, context: Context) -> Observation:
    """That a leave of a visit began or ended when the event occurred, or did not. Raises `Unreadable`."""
    trigger = message.header.trigger
    at = happened(message, context) or context.sent
    if at is None:
        raise Misread("missing-time", "says not when the leave began or ended", message.segments[0], 7)
    entity = f"{visit}/leave/{trigger}/{at.at:%Y%m%dT%H%M%S}"
    return Observation(
        **stamps(context, entity, at), visit=visit, codings=(LEAVE,), text=EVENTS[trigger].value
    )
