"""Reading one record of `patient-events`: strictly, within a size, and never quoting what is refused."""

from pydantic import ValidationError

from schemas.base import TimeDomain
from schemas.clinical import CLINICAL_EVENT, AnyEvent
from schemas.recharting import EntityClaim, Recharted
from schemas.stream_events import ClockTick, HistoryEnded, KnowledgeActivated, SourceHeartbeat
from services.safety.engine.lateness import TOO_LATE, too_late
from services.safety.processor.contract import Undecodable
from services.stream.records import Record

OfPartition = SourceHeartbeat | KnowledgeActivated | HistoryEnded
"""What belongs to no patient: each partition has its own copy."""
MadeHere = ClockTick | EntityClaim | Recharted
"""What the processor says to itself, of one patient or register."""

LARGEST = 256 * 1024
"""Bytes of one event. A clinical fact has some hundred."""

_SHOWN = 5
_ACTIVATION = b'"knowledge-activated"'


def decode(record: Record, time_domain: TimeDomain) -> AnyEvent:
    """The event of a record. Raises `Undecodable` with one of these reasons:

    empty, too-large, not-json, wrong-schema, wrong-time-domain, wrong-key, too-late.
    """
    value = record.value
    if not value:
        raise Undecodable("empty", "the record has no value")
    if len(value) > LARGEST:
        raise Undecodable("too-large", f"{len(value)} bytes, at most {LARGEST}")
    try:
        event = CLINICAL_EVENT.validate_json(value)
    except ValidationError as error:
        raise _refused(error) from None
    if event.time_domain is not time_domain:
        raise Undecodable(
            "wrong-time-domain", f"the event is {event.time_domain}, this service is {time_domain}"
        )
    if isinstance(event, OfPartition):
        return event
    if record.key != event.patient.encode():
        raise Undecodable("wrong-key", "the record's key is not the event's patient")
    if not isinstance(event, MadeHere) and too_late(event):
        days = (event.received_at - event.effective_at).days
        raise Undecodable(TOO_LATE, f"received {days} days after it happened")
    return event


def activated(record: Record, time_domain: TimeDomain) -> str | None:
    """The knowledge version that a record puts in force; None for any other record, and an unreadable one."""
    if _ACTIVATION not in (record.value or b""):
        return None
    try:
        event = decode(record, time_domain)
    except Undecodable:
        return None
    return event.knowledge_version if isinstance(event, KnowledgeActivated) and not event.shadow else None


def _refused(error: ValidationError) -> Undecodable:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(one["type"] == "json_invalid" for one in found):
        return Undecodable("not-json", "the value is not JSON")
    shown = ", ".join(dict.fromkeys(_place(one["loc"], one["type"]) for one in found[:_SHOWN]))
    return Undecodable("wrong-schema", shown)


def _place(path: tuple[int | str, ...], kind: str) -> str:
    """Where and how a value is wrong. The name of an unknown field is the sender's, so it is left out."""
    known = path[:-1] if kind == "extra_forbidden" else path
    return ".".join([*(str(part) for part in known), kind])
