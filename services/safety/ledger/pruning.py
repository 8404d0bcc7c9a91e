"""Forgetting what no check can reach any more, so that a ledger stays as small as its horizon.

Only what the present event touched is looked at: pruning costs an amortised constant per event.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.clinical import Administration
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import given_of
from services.safety.ledger.ledger import PatientLedger

LATENESS = timedelta(days=7)
"""How late an administration or observation may arrive; the door rejects what is later."""

_SLACK = timedelta(days=3)


@lru_cache(maxsize=8)
def horizon(knowledge: KnowledgeBase) -> timedelta:
    """How far back any check may look, plus the lateness bound and a day for windows that already ended."""
    spans = [limit.window for drug in knowledge.drugs.values() for limit in drug.limits]
    spans += [row.used_for for drug in knowledge.drugs.values() for row in drug.withdrawal]
    longest = max(spans, default=timedelta(hours=24))
    return LATENESS + longest + timedelta(days=3)


def prune(
    ledger: PatientLedger, cutoff: datetime, ingredients: set[str], codes: set[str], knowledge: KnowledgeBase
) -> tuple[PatientLedger, tuple[str, ...]]:
    """The ledger without doses and observations that ended and arrived before `cutoff`, and their entities.

    The newest observation of each code is kept however old it is: how long it counts is for the checks to say.
    """
    gone: list[str] = []
    for ingredient in ingredients:
        ledger = _prune_doses(ledger, ingredient, cutoff, gone, knowledge)
    for code in codes:
        ledger = _prune_readings(ledger, code, cutoff, gone)
    if ledger.voids.entries and ledger.voids.entries[0].start < cutoff:
        gone += [entry.entity for entry in ledger.voids.before(cutoff)]
        ledger = replace(ledger, voids=ledger.voids.since(cutoff))
    dead = tuple(entity for entity in dict.fromkeys(gone) if entity in ledger.facts)
    if not dead:
        return ledger, ()
    facts = ledger.facts.mutate()
    for entity in dead:
        del facts[entity]
    return replace(ledger, facts=facts.finish()), dead


def _prune_doses(
    ledger: PatientLedger, ingredient: str, cutoff: datetime, gone: list[str], knowledge: KnowledgeBase
) -> PatientLedger:
    timeline = ledger.given.get(ingredient)
    if timeline is None or timeline.entries[0].end >= cutoff or timeline.entries[0].received_at >= cutoff:
        return ledger
    given = ledger.given
    for dose in timeline.before(cutoff):
        fact = ledger.facts.get(dose.entity)
        if dose.end >= cutoff or dose.received_at >= cutoff or not isinstance(fact, Administration):
            break
        for part in given_of(fact, knowledge):
            held = given.get(part.ingredient)
            if held is not None:
                left = held.without_entity(part.entity, part.start)
                given = given.set(part.ingredient, left) if left.entries else given.delete(part.ingredient)
        gone.append(dose.entity)
    return replace(ledger, given=given)


def _prune_readings(ledger: PatientLedger, code: str, cutoff: datetime, gone: list[str]) -> PatientLedger:
    readings = ledger.observed.get(code)
    if readings is None or len(readings.entries) < 3 or readings.entries[1].start >= cutoff:
        return ledger
    before = readings.before(cutoff)[:-1]
    gone += [entry.entity for entry in before]
    kept = readings.since(readings.entries[len(before)].start)
    return replace(ledger, observed=ledger.observed.set(code, kept))
