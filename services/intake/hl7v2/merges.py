"""A34, A40: a patient's record goes on under another number."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.clinical import Merge
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import patient_of, prior_patient_of
from services.intake.hl7v2.message import Message, Segment
from services.intake.hl7v2.stamping import Context, stamps
from services.intake.hl7v2.times import moment

MERGES = frozenset({"A34", "A40"})
VISIT_MOVED = "A45"
_ENTITY = "merge"
"""Unique within the old patient: it goes on under one other number at a time."""


def pairs(message: Message) -> Iterator[tuple[Segment, Segment]]:
    """Each MRG with the PID of the patient that goes on."""
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG" and pid is not None:
            yield pid, segment


def merge(message: Message, pid: Segment, mrg: Segment, context: Context) -> Merge:
    """The old patient's fact that the record goes on elsewhere. Raises `Unreadable`."""
    old, survivor = prior_patient_of(mrg), patient_of(pid)
    if old == survivor:
        raise Misread("merged-with-itself", "names the patient of the PID", mrg, 1)
    evn = message.first("EVN")
    happened = (moment(evn, 6, context.door) or moment(evn, 2, context.door)) if evn is not None else None
    return Merge(**stamps(replace(context, patient=old), _ENTITY, happened), survivor=survivor)


def not_moved(mrg: Segment) -> Misread:
    """Why a visit that moves to another patient is not read."""
    predicate = "names a patient some of whose facts belong to another one: re-send them under the right one"
    return Misread("visit-moved", predicate, mrg, 1)
