"""The index of orders by ingredient, with what successors do to their predecessors."""

from immutables import Map

from schemas.clinical import Order
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.body import recounted
from services.safety.ledger.entries import Prescribed
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.orders import counts, predecessors, prescribed_of

_NONE: Map[str, Order] = Map()


def order_entered(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    """The ledger with an order that is its newest statement. Adds the drugs concerned to `ingredients`."""
    ledger = _placed(ledger, order, knowledge, ingredients)
    if not counts(order):
        return ledger
    for earlier in predecessors(order):
        links = ledger.successors.get(earlier, _NONE).set(order.entity, order)
        ledger = ledger._replace(successors=ledger.successors.set(earlier, links))
        ledger = _placed_again(ledger, earlier, knowledge, ingredients)
    return ledger


def order_left(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    """The ledger without an order that another statement took the place of."""
    for entry in prescribed_of(order, knowledge, _NONE):
        ledger = _without(ledger, entry.ingredient, order.entity)
        ingredients.add(entry.ingredient)
    if not counts(order):
        return ledger
    for earlier in predecessors(order):
        links = ledger.successors[earlier].delete(order.entity)
        successors = ledger.successors
        successors = successors.set(earlier, links) if links else successors.delete(earlier)
        ledger = _placed_again(ledger._replace(successors=successors), earlier, knowledge, ingredients)
    return ledger


def _placed_again(
    ledger: PatientLedger, entity: str, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    fact = ledger.facts.get(entity)
    return _placed(ledger, fact, knowledge, ingredients) if isinstance(fact, Order) else ledger


def _placed(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    successors = ledger.successors.get(order.entity, _NONE)
    for entry in prescribed_of(order, knowledge, successors):
        ledger = _without(ledger, entry.ingredient, order.entity)
        held = (*ledger.prescribed.get(entry.ingredient, ()), entry)
        ledger = ledger._replace(
            prescribed=ledger.prescribed.set(entry.ingredient, tuple(sorted(held, key=_order))),
            by_body=recounted(ledger.by_body, entry.ingredient, int(entry.by_body)),
        )
        ingredients.add(entry.ingredient)
    return ledger


def _without(ledger: PatientLedger, ingredient: str, entity: str) -> PatientLedger:
    held = ledger.prescribed.get(ingredient, ())
    left = tuple(entry for entry in held if entry.entity != entity)
    if len(left) == len(held):
        return ledger
    prescribed = ledger.prescribed
    gone = sum(entry.by_body for entry in held if entry.entity == entity)
    return ledger._replace(
        prescribed=prescribed.set(ingredient, left) if left else prescribed.delete(ingredient),
        by_body=recounted(ledger.by_body, ingredient, -gone),
    )


def _order(entry: Prescribed) -> tuple[object, str]:
    return (entry.start, entry.entity)
