"""Why a statement that a door accepts cannot be calculated with, as the ledger itself will find."""

from schemas.clinical import Administration, Allergy, Condition, FactStatus, Order
from schemas.issues import NotAssessedReason
from services.intake.reading import Event
from services.safety.checks.amounts.daily_order import dose_changes, parts_at
from services.safety.checks.contraindications.allergens import allergen
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.giving import given_of
from services.safety.ledger.orders import prescribed_of


def cannot_be_calculated(event: Event, knowledge: KnowledgeBase) -> tuple[NotAssessedReason, ...]:
    """The reasons in the statement itself, each once; what other facts add (a weight, an age) is not known
    here.
    """
    if getattr(event, "status", None) is FactStatus.ENTERED_IN_ERROR:
        return ()
    match event:
        case Administration():
            found = [dose.problem for dose in given_of(event, knowledge) if dose.problem is not None]
        case Order():
            found = _of_order(event, knowledge)
        case Allergy(active=True, negated=False):
            unknown = allergen(knowledge, event.substance).unknown
            found = [NotAssessedReason.UNMAPPED_DRUG] if unknown else []
        case Condition(active=True, codings=()):
            found = [NotAssessedReason.UNCODED_CONDITION]
        case _:
            found = []
    return tuple(dict.fromkeys(found))


def _of_order(order: Order, knowledge: KnowledgeBase) -> list[NotAssessedReason]:
    """Of each step of an order: a taper may be written in tablets at first and in words at last."""
    found: list[NotAssessedReason] = []
    for entry in prescribed_of(order, knowledge, {}):
        if entry.content is None:
            found.append(NotAssessedReason.UNMAPPED_DRUG)
            continue
        for at in (entry.start, *dose_changes(entry)):
            found += parts_at(entry, at)[1]
    return found
