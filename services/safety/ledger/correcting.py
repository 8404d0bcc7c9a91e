"""Doses stated as corrections (HL7 RXA-21 U) of something that the ledger does not know.

House rule: a dose is a correction of nothing known for as long as every statement about it calls itself one.
So any order of arrival ends the same; whoever states a dose plainly, before or after, makes it known.
What an older statement says of its visit (`staying.py`), its ward (`wards.py`) or leave (`absences.py`) is
known as well.
"""

from schemas.clinical import Administration, PatientFact
from services.safety.ledger.absences import with_its_leaves
from services.safety.ledger.staying import in_its_visit
from services.safety.ledger.wards import on_its_wards


def with_what_is_known(fact: PatientFact, known: PatientFact | None) -> PatientFact:
    """A newer statement beside the one that it takes the place of."""
    if known is None:
        return fact
    fact = _beside(fact, known)
    return _plainly(fact) if _corrects(fact) and not _corrects(known) else fact


def made_known(known: PatientFact, older: PatientFact) -> PatientFact | None:
    """The statement that stands once an older one has come; None where that changes nothing."""
    made = _beside(known, older)
    made = _plainly(made) if _corrects(made) and not _corrects(older) else made
    return None if made is known else made


def _beside(fact: PatientFact, other: PatientFact) -> PatientFact:
    return with_its_leaves(on_its_wards(in_its_visit(fact, other), other), other)


def _corrects(fact: PatientFact) -> bool:
    return isinstance(fact, Administration) and fact.corrects


def _plainly(fact: PatientFact) -> PatientFact:
    return fact.model_copy(update={"corrects": False})
