"""In which visit something was charted, where its newest statement does not say.

House rule: a statement that names no visit (HL7 without PV1-19) takes none away. What it is about stays in
the visit that was named last, by `recorded_at` (`visit_named_at` keeps it), whatever arrives first; of two
named at once the greater name holds. So a correction goes with its dose where the visit is another patient's.
"""

from datetime import datetime

from schemas.clinical import OfVisit, PatientFact


def in_its_visit(fact: PatientFact, other: PatientFact) -> PatientFact:
    """A statement in the visit that it, or another statement about the same entity, names last."""
    if not isinstance(fact, OfVisit) or not isinstance(other, OfVisit):
        return fact
    ours, theirs = _named(fact), _named(other)
    if theirs is None or (ours is not None and ours >= theirs):
        return fact
    return fact.model_copy(update={"visit_named_at": theirs[0], "visit": theirs[1]})


def _named(fact: OfVisit) -> tuple[datetime, str] | None:
    return None if fact.visit is None else (fact.visit_named_at or fact.recorded_at, fact.visit)
