"""Which of two statements about one entity is newer.

The order is total and looks only at the statements, never at their arrival: recorded time, the source's
version, entered-in-error last, then the content itself. So folding gives the same ledger for any order of
arrival. The same content sent again (another event id, received later) never takes the place of what was
received first.
"""

from schemas.clinical import FactStatus, PatientFact

_ENVELOPE = frozenset(
    {"event_id", "received_at", "corrects", "visit", "visit_named_at", "wards_before", "leave_before"}
)


def supersedes(new: PatientFact, old: PatientFact) -> bool:
    """Whether `new` takes the place of `old`; False for a repetition of the same statement."""
    left = (new.recorded_at, new.version, new.status is FactStatus.ENTERED_IN_ERROR)
    right = (old.recorded_at, old.version, old.status is FactStatus.ENTERED_IN_ERROR)
    if left != right:
        return left > right
    if new == old:
        return False
    ours, theirs = (fact.model_dump_json(exclude=set(_ENVELOPE)) for fact in (new, old))
    if ours != theirs:
        return ours > theirs
    return (new.received_at, new.event_id) < (old.received_at, old.event_id)
