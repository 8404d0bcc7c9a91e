"""A45: a visit is another patient's than it was filed under. A50: it goes on under another number. A43, A44:
a number or an account is another patient's, and nobody can say what was charted under it.
"""

from dataclasses import replace

from schemas.clinical import VisitMove
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.identities import goes_on, numbered_by_authority, patient_of, same_patient
from services.intake.hl7v2.merges import happened
from services.intake.hl7v2.message import Message
from services.intake.hl7v2.pairs import Pair
from services.intake.hl7v2.stamping import Context, stamps

MOVED, RENUMBERED = "A45", "A50"
NUMBER_MOVED, ACCOUNT_MOVED = "A43", "A44"
MOVES = frozenset({MOVED, RENUMBERED, NUMBER_MOVED, ACCOUNT_MOVED})
ALTERNATE_NUMBER = "A51"
"""Changes PV1-50, by which nothing is named here."""


def unmovable(message: Message, pair: Pair) -> Misread | None:
    """Why a move is not read, where nobody can say what belongs to whom; None where MRG-5 names a visit."""
    trigger, mrg = message.header.trigger, pair.mrg
    if trigger == NUMBER_MOVED:
        predicate = "is a number that moves: send A40, or again what was charted by it"
        return Misread("number-moved", predicate, mrg, 1)
    if trigger == ACCOUNT_MOVED:
        predicate = "moves an account, and facts name none: send A45 for each of its visits"
        return Misread("visit-moved", predicate, mrg, 3)
    if not numbered_by_authority(mrg.field(5)):
        predicate = "names no visit: re-send under the right patient what belongs to another one"
        return Misread("visit-moved", predicate, mrg, 5)
    if trigger == RENUMBERED and not same_patient(pair.pid, mrg):
        return Misread("visit-moved", "names another patient than the PID: send A45", mrg, 1)
    return None


def moved(pair: Pair, trigger: str) -> tuple[tuple[str, str], ...]:
    """Whose the visit was and whose it is, for each name of the old patient. Raises `Misread`."""
    if trigger != RENUMBERED:
        return goes_on(pair.pid, pair.mrg)
    patient = patient_of(pair.pid)
    return ((patient, patient),)


def visit_move(message: Message, pair: Pair, old: str, to: str, context: Context) -> VisitMove:
    """The fact of the old patient that a visit (MRG-5) is that of the PID, as PV1-19 where that names it.

    Raises `Unreadable`.
    """
    mrg, pv1 = pair.mrg, pair.pv1
    prior = numbered_by_authority(mrg.field(5))
    number = numbered_by_authority(pv1.field(19)) if pv1 is not None else ""
    if message.header.trigger == RENUMBERED:
        if not number:
            raise Misread("missing-visit", "names not the number under which it goes on", pv1 or mrg, 19)
    elif old == to:
        raise Misread("merged-with-itself", "names the patient of the PID", mrg, 1)
    return VisitMove(
        **stamps(replace(context, patient=old), f"visit-moved/{prior}", happened(message, context)),
        visit=f"encounter/{prior}",
        becomes=f"encounter/{number}" if number and number != prior else None,
        to=to,
    )
