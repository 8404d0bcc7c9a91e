"""Folding one statement into a ledger: idempotent, and independent of the order of arrival."""

from dataclasses import replace

from immutables import Map

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    FactStatus,
    Observation,
    Order,
    Patient,
    PatientFact,
    UnreadableFact,
)
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import Observed, given_of
from services.safety.ledger.ledger import Change, PatientLedger, Voided
from services.safety.ledger.orders import prescribed_of
from services.safety.ledger.precedence import supersedes
from services.safety.ledger.pruning import horizon, prune
from services.safety.ledger.timeline import Timeline


def fold(ledger: PatientLedger, fact: PatientFact, knowledge: KnowledgeBase) -> tuple[PatientLedger, Change | None]:
    """The ledger after a statement, and what changed; no change for an older or repeated statement."""
    previous = ledger.facts.get(fact.entity)
    if previous is not None and not supersedes(fact, previous):
        return ledger, None
    inputs: set[str] = set()
    ingredients: set[str] = set()
    ledger = replace(ledger, facts=ledger.facts.set(fact.entity, fact))
    if previous is not None:
        ledger = _leave(ledger, previous, knowledge, inputs, ingredients)
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        ledger = replace(ledger, voids=ledger.voids.with_entry(Voided(fact.entity, fact.received_at)))
    else:
        ledger = _enter(ledger, fact, knowledge, inputs, ingredients)
    if any(item.about == fact.entity for item in ledger.unreadable.values()):
        inputs.add("unreadable")
    ledger, pruned = prune(ledger, fact.received_at - horizon(knowledge), ingredients, inputs, knowledge)
    return ledger, Change(fact, previous, frozenset(inputs), frozenset(ingredients), pruned)


def _enter(
    ledger: PatientLedger, fact: PatientFact, knowledge: KnowledgeBase, inputs: set[str], ingredients: set[str]
) -> PatientLedger:
    entity = fact.entity
    if isinstance(fact, Administration):
        given = ledger.given
        for dose in given_of(fact, knowledge):
            given = given.set(dose.ingredient, given.get(dose.ingredient, Timeline()).with_entry(dose))
            ingredients.add(dose.ingredient)
        inputs.add("given")
        return replace(ledger, given=given)
    if isinstance(fact, Order):
        return _enter_order(ledger, fact, knowledge, inputs, ingredients)
    if isinstance(fact, Observation):
        observed = ledger.observed
        for key in _codes(fact):
            entry = Observed(entity, fact.effective_at, key, fact)
            observed = observed.set(key, observed.get(key, Timeline()).with_entry(entry))
            inputs.add(key)
        inputs.add("observed")
        return replace(ledger, observed=observed)
    if isinstance(fact, Condition):
        inputs.add("conditions")
        return replace(ledger, conditions=ledger.conditions.set(entity, fact))
    if isinstance(fact, Allergy):
        inputs.add("allergies")
        return replace(ledger, allergies=ledger.allergies.set(entity, fact))
    if isinstance(fact, Encounter):
        inputs.add("encounters")
        return replace(ledger, encounters=ledger.encounters.set(entity, fact))
    if isinstance(fact, UnreadableFact):
        inputs.add("unreadable")
        return replace(ledger, unreadable=ledger.unreadable.set(entity, fact))
    if isinstance(fact, Patient):
        inputs.add("person")
        return replace(ledger, person=fact)
    return ledger


def _enter_order(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, inputs: set[str], ingredients: set[str]
) -> PatientLedger:
    prescribed, successors = ledger.prescribed, ledger.successors
    inputs.add("orders")
    entries = prescribed_of(order, knowledge)
    for entry in entries:
        orders = prescribed.get(entry.ingredient, Map())
        prescribed = prescribed.set(entry.ingredient, orders.set(entry.entity, entry))
        ingredients.add(entry.ingredient)
    for earlier in _predecessors(order) if entries else ():
        successors = successors.set(earlier, successors.get(earlier, Map()).set(order.entity, order))
        ingredients.update(_ingredients_ordered(ledger, earlier, knowledge))
    return replace(ledger, prescribed=prescribed, successors=successors)


def _leave(
    ledger: PatientLedger, fact: PatientFact, knowledge: KnowledgeBase, inputs: set[str], ingredients: set[str]
) -> PatientLedger:
    entity = fact.entity
    if fact.status is FactStatus.ENTERED_IN_ERROR:
        return replace(ledger, voids=ledger.voids.without_entity(entity, fact.received_at))
    if isinstance(fact, Administration):
        given = ledger.given
        for dose in given_of(fact, knowledge):
            held = given.get(dose.ingredient)
            if held is not None:
                left_doses = held.without_entity(entity, dose.start)
                given = given.set(dose.ingredient, left_doses) if left_doses.entries else given.delete(dose.ingredient)
            ingredients.add(dose.ingredient)
        inputs.add("given")
        return replace(ledger, given=given)
    if isinstance(fact, Order):
        return _leave_order(ledger, fact, knowledge, inputs, ingredients)
    if isinstance(fact, Observation):
        observed = ledger.observed
        for key in _codes(fact):
            readings = observed.get(key)
            if readings is not None:
                left = readings.without_entity(entity, fact.effective_at)
                observed = observed.set(key, left) if left.entries else observed.delete(key)
            inputs.add(key)
        inputs.add("observed")
        return replace(ledger, observed=observed)
    if isinstance(fact, Condition):
        inputs.add("conditions")
        return replace(ledger, conditions=ledger.conditions.delete(entity))
    if isinstance(fact, Allergy):
        inputs.add("allergies")
        return replace(ledger, allergies=ledger.allergies.delete(entity))
    if isinstance(fact, Encounter):
        inputs.add("encounters")
        return replace(ledger, encounters=ledger.encounters.delete(entity))
    if isinstance(fact, UnreadableFact):
        inputs.add("unreadable")
        return replace(ledger, unreadable=ledger.unreadable.delete(entity))
    if isinstance(fact, Patient):
        inputs.add("person")
        return replace(ledger, person=None)
    return ledger


def _leave_order(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, inputs: set[str], ingredients: set[str]
) -> PatientLedger:
    prescribed, successors = ledger.prescribed, ledger.successors
    inputs.add("orders")
    entries = prescribed_of(order, knowledge)
    for entry in entries:
        orders = prescribed[entry.ingredient].delete(entry.entity)
        prescribed = prescribed.set(entry.ingredient, orders) if orders else prescribed.delete(entry.ingredient)
        ingredients.add(entry.ingredient)
    for earlier in _predecessors(order) if entries else ():
        left = successors[earlier].delete(order.entity)
        successors = successors.set(earlier, left) if left else successors.delete(earlier)
        ingredients.update(_ingredients_ordered(ledger, earlier, knowledge))
    return replace(ledger, prescribed=prescribed, successors=successors)


def _predecessors(order: Order) -> tuple[str, ...]:
    return (*((order.replaces,) if order.replaces else ()), *order.based_on)


def _ingredients_ordered(ledger: PatientLedger, entity: str, knowledge: KnowledgeBase) -> set[str]:
    fact = ledger.facts.get(entity)
    if not isinstance(fact, Order):
        return set()
    return {entry.ingredient for entry in prescribed_of(fact, knowledge)}


def _codes(fact: Observation) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{coding.system}|{coding.code}" for coding in fact.codings))
