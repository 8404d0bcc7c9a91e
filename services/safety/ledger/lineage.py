"""The index of orders by ingredient, with what successors do to their predecessors."""

from immutables import Map

from schemas.clinical import Order
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.aliases import known_as, names_of, statements, with_names, without_names
from services.safety.ledger.body import recounted
from services.safety.ledger.entries import Prescribed
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.orders import counts, predecessors, prescribed_of

_NONE: Map[str, Order] = Map()
_NOBODY: Map[str, frozenset[str]] = Map()


def order_entered(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    """The ledger with an order that is its newest statement. Adds the drugs concerned to `ingredients`."""
    named = [order.entity, *order.also_known]
    for name in order.also_known:
        named += ledger.names.get(name, _NOBODY)
    for own in {known_as(ledger.names, name) for name in named}:
        ledger = _lifted(ledger, own, (), knowledge, ingredients)
    ledger = with_names(ledger, order, knowledge)
    for own in {known_as(ledger.names, name) for name in named}:
        ledger = _placed(ledger, own, knowledge, ingredients)
    if not counts(order):
        return ledger
    for earlier in predecessors(order):
        links = ledger.successors.get(earlier, _NONE).set(order.entity, order)
        ledger = ledger._replace(successors=ledger.successors.set(earlier, links))
        ledger = _placed(ledger, known_as(ledger.names, earlier), knowledge, ingredients)
    return ledger


def order_left(
    ledger: PatientLedger, order: Order, knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    """The ledger without an order that another statement took the place of."""
    ledger = _lifted(ledger, known_as(ledger.names, order.entity), (order,), knowledge, ingredients)
    ledger = without_names(ledger, order)
    for own in {known_as(ledger.names, name) for name in (order.entity, *order.also_known)}:
        ledger = _placed(ledger, own, knowledge, ingredients, without=order.entity)
    if not counts(order):
        return ledger
    for earlier in predecessors(order):
        links = ledger.successors[earlier].delete(order.entity)
        successors = ledger.successors
        successors = successors.set(earlier, links) if links else successors.delete(earlier)
        ledger = ledger._replace(successors=successors)
        own = known_as(ledger.names, earlier)
        ledger = _placed(ledger, own, knowledge, ingredients, without=order.entity)
    return ledger


def _lifted(
    ledger: PatientLedger, own: str, more: tuple[Order, ...], knowledge: KnowledgeBase, ingredients: set[str]
) -> PatientLedger:
    """The ledger without the entries of an order, whichever of its statements made them."""
    for stated in (*more, *statements(ledger, own)):
        for entry in prescribed_of(stated, knowledge, _NONE):
            ledger = _without(ledger, entry.ingredient, own)
            ingredients.add(entry.ingredient)
    return ledger


def _placed(
    ledger: PatientLedger, own: str, knowledge: KnowledgeBase, ingredients: set[str], without: str = ""
) -> PatientLedger:
    """The ledger with the newest statement of an order in its place, under the order's own name."""
    stated = [each for each in statements(ledger, own) if each.entity != without]
    if not stated:
        return ledger
    order = stated[0] if stated[0].entity == own else stated[0].model_copy(update={"entity": own})
    successors = _NONE
    for name in names_of(ledger, own):
        successors = successors.update(ledger.successors.get(name, _NONE))
    for entry in prescribed_of(order, knowledge, successors):
        ledger = _without(ledger, entry.ingredient, own)
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
