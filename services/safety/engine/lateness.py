"""What arrives too late to be judged. Lateness is a property of the event alone.

History that is loaded as such is never late: it is of the past by its own word, and pages nobody.
"""

from schemas.base import Mode
from schemas.clinical import Administration, Observation, PatientFact, UnreadableFact
from services.safety.ledger.pruning import LATENESS

TOO_LATE = "too-late"


def too_late(fact: PatientFact) -> bool:
    """Whether a dose or observation was received longer after it happened than windows are kept open for."""
    if fact.mode is Mode.BACKFILL or not isinstance(fact, Administration | Observation):
        return False
    return fact.received_at - fact.effective_at > LATENESS


def trace_of(fact: PatientFact) -> UnreadableFact:
    """What a fact that is too late leaves with its patient: that there was one, and about which entity."""
    return UnreadableFact(
        event_id=f"{TOO_LATE}:{fact.event_id}"[:512],
        patient=fact.patient,
        entity=f"{TOO_LATE}:{fact.entity}"[:512],
        effective_at=fact.received_at,
        recorded_at=fact.recorded_at,
        received_at=fact.received_at,
        mode=fact.mode,
        time_domain=fact.time_domain,
        source=fact.source,
        reason=TOO_LATE,
        about=fact.entity,
    )
