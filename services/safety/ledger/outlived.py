"""When what could not be read is over: because the same thing was stated again, readably."""

from schemas.clinical import PatientFact, UnreadableFact


def outlived(item: UnreadableFact, about: PatientFact) -> bool:
    """Whether a statement about what could not be read ends it: recorded later, or at the same instant and
    received later, as when its sender mends a version of which the store makes no new one.
    """
    return (about.recorded_at, about.received_at) > (item.recorded_at, item.received_at)
