"""Which of two statements about one entity is newer.

The order is total and looks only at the statements, never at their arrival: recorded time, the source's version,
entered-in-error last, then the content itself. So folding gives the same ledger for any order of arrival.
"""

from schemas.clinical import FactStatus, PatientFact


def supersedes(new: PatientFact, old: PatientFact) -> bool:
    """Whether `new` takes the place of `old`; False for a repetition of the same statement."""
    left = (new.recorded_at, new.version, new.status is FactStatus.ENTERED_IN_ERROR)
    right = (old.recorded_at, old.version, old.status is FactStatus.ENTERED_IN_ERROR)
    if left != right:
        return left > right
    if new == old:
        return False
    return new.model_dump_json() > old.model_dump_json()
