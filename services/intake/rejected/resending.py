"""A statement that the safety processor rejected, to be put before it once more.

A fault of ours may be mended since, and what the processor said to itself (what a merged record passed on,
whose an entity is) has no sender who could send it again.
"""

from pydantic import ValidationError

from schemas.clinical import CLINICAL_EVENT, PatientFact
from schemas.recharting import EntityClaim, Recharted
from schemas.rejections import RejectedEvent
from services.intake.rejected.rereading import CannotRetry
from services.intake.rejecting import reason_of

HOP = "safety"
_MISPLACED = (
    "it was written under a key or into a partition that is not its patient's: it must be written again"
)
_IN_VAIN = {
    "too-late": "by its own times it is too late: dismiss it once somebody has looked",
    "wrong-time-domain": "it is of another time domain than the service",
    "wrong-key": _MISPLACED,
    "key-mismatch": _MISPLACED,
    "wrong-partition": _MISPLACED,
}
_LONGEST_ID = 500
Statement = PatientFact | EntityClaim | Recharted
"""What is stated of a patient, or told to the registers of entities and by them."""


def statement_again(rejected: RejectedEvent) -> Statement:
    """The statement, under an event id of its own: should it be rejected again, the mark that leaves is
    another than the one that ends now. It changes nothing where the ledger has it already.

    Raises `CannotRetry`; `Unreadable` where it is still none by the contract.
    """
    if rejected.reason in _IN_VAIN:
        raise CannotRetry(_IN_VAIN[rejected.reason])
    if not rejected.length or not rejected.whole:
        raise CannotRetry("not all of it was kept: whoever wrote it must write it again")
    try:
        event = CLINICAL_EVENT.validate_json(rejected.kept)
    except ValidationError as error:
        raise reason_of(error) from error
    if not isinstance(event, Statement):
        raise CannotRetry("it states nothing about a patient")
    marked = rejected.mark.patient if rejected.mark is not None else None
    if not isinstance(event, EntityClaim) and marked != event.patient:  # a register shows no marks
        raise CannotRetry("it left no mark at its patient: whoever wrote it must write it again")
    return event.model_copy(update={"event_id": f"{event.event_id[:_LONGEST_ID]}/again"})
