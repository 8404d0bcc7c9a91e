"""A45: a visit is another patient's than it was filed under. A50: it goes on under another number. A43, A44:
a number or an account is another patient's, and nobody can say what was charted under it.
"""

from collections.abc import Iterator
from dataclasses import replace

from schemas.clinical import VisitMove
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import numbered_by_authority, patient_of, prior_patient_of
from services.intake.hl7v2.merges import happened
from services.intake.hl7v2.message import Message, Segment
from services.intake.hl7v2.stamping import Context, stamps

MOVED, RENUMBERED = "A45", "A50"
NUMBER_MOVED, ACCOUNT_MOVED = "A43", "A44"
MOVES = frozenset({MOVED, RENUMBERED, NUMBER_MOVED, ACCOUNT_MOVED})
ALTERNATE_NUMBER = "A51"
"""Changes PV1-50, by which nothing is named here."""


def moves(message: Message) -> Iterator[tuple[Segment, Segment, Segment | None]]:
    """The PID of the patient whose a visit is, the MRG that says whose it was, and the PV1 behind that."""
    pid: Segment | None = None
    mrg: Segment | None = None
    for segment in message.segments:
        if mrg is not None and pid is not None and segment.name in ("MRG", "PID", "PV1"):
            yield pid, mrg, segment if segment.name == "PV1" else None
            mrg = None
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            mrg = segment
    if pid is not None and mrg is not None:
        yield pid, mrg, None


def unmovable(message: Message, mrg: Segment) -> Misread | None:
    """Why a move is not read, where nobody can say what belongs to whom; None where MRG-5 names a visit."""
    trigger = message.header.trigger
    if trigger == NUMBER_MOVED:
        predicate = "is a number that moves: send A40, or again what was charted by it"
        return Misread("number-moved", predicate, mrg, 1)
    if trigger == ACCOUNT_MOVED:
        predicate = "moves an account, and facts name none: send A45 for each of its visits"
        return Misread("visit-moved", predicate, mrg, 3)
    if numbered_by_authority(mrg.field(5)):
        return None
    predicate = "names no visit: re-send under the right patient what belongs to another one"
    return Misread("visit-moved", predicate, mrg, 5)


def visit_move(
    message: Message, pid: Segment, mrg: Segment, pv1: Segment | None, context: Context
) -> VisitMove:
    """The fact of the old patient that a visit (MRG-5) is that of the PID, as PV1-19 where that names it.

    Raises `Unreadable`.
    """
    prior = numbered_by_authority(mrg.field(5))
    number = numbered_by_authority(pv1.field(19)) if pv1 is not None else ""
    if message.header.trigger == RENUMBERED:
        if not number:
            raise Misread("missing-visit", "names not the number under which it goes on", pv1 or mrg, 19)
        old = patient_of(pid)
    else:
        old = prior_patient_of(mrg)
    return VisitMove(
        **stamps(replace(context, patient=old), f"visit-moved/{prior}", happened(message, context)),
        visit=f"encounter/{prior}",
        becomes=f"encounter/{number}" if number and number != prior else None,
        to=patient_of(pid),
    )
