"""Orders that go by more than one name: what is stated under any of them is stated of one order.

An order says by what else it is known (`also_known`: the filler's number beside the placer's). A name that
two orders say of themselves leads to neither: nobody can say which one is meant.
"""

from collections.abc import Iterable

from immutables import Map

from schemas.clinical import FactStatus, Order
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import Given, ingredients_of
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.precedence import supersedes
from services.safety.ledger.timeline import Timeline

Names = Map[str, Map[str, frozenset[str]]]
"""By each other name the orders that say it of themselves, with their ingredients."""
_NOBODY: Map[str, frozenset[str]] = Map()


def known_as(names: Names, name: str) -> str:
    """The order's own name."""
    said_by = names.get(name, _NOBODY)
    return next(iter(said_by)) if len(said_by) == 1 else name


def with_names(ledger: PatientLedger, order: Order, knowledge: KnowledgeBase) -> PatientLedger:
    """The ledger with the other names of an order."""
    names = ledger.names
    for name in _others(order):
        drugs = frozenset(ingredient for ingredient, _, _ in ingredients_of(order.medication, knowledge))
        names = names.set(name, names.get(name, _NOBODY).set(order.entity, drugs))
    return ledger if names is ledger.names else ledger._replace(names=names)


def without_names(ledger: PatientLedger, order: Order) -> PatientLedger:
    """The ledger without what an order said of its other names."""
    names = ledger.names
    for name in _others(order):
        left = names[name].delete(order.entity)
        names = names.set(name, left) if left else names.delete(name)
    return ledger if names is ledger.names else ledger._replace(names=names)


def names_of(ledger: PatientLedger, own: str) -> tuple[str, ...]:
    """The names that lead to an order, its own first."""
    fact = ledger.facts.get(own)
    others = _others(fact) if isinstance(fact, Order) else ()
    return (own, *(name for name in others if known_as(ledger.names, name) == own))


def statements(ledger: PatientLedger, own: str) -> tuple[Order, ...]:
    """What is stated of an order under any of its names, the newest first."""
    found: list[Order] = []
    for name in names_of(ledger, own):
        stated = ledger.facts.get(name)
        if isinstance(stated, Order) and stated.status is not FactStatus.ENTERED_IN_ERROR:
            place = next((at for at, other in enumerate(found) if supersedes(stated, other)), len(found))
            found.insert(place, stated)
    return tuple(each for each in found if ledger.counts(each))


def drawn_by(dose: Given, names: Names) -> Given:
    """A dose with its order's own name, where the order is of that drug."""
    said_by = names.get(dose.order, _NOBODY) if dose.order is not None else _NOBODY
    if len(said_by) != 1:
        return dose
    ((own, drugs),) = said_by.items()
    return dose._replace(order=own) if dose.ingredient in drugs else dose


def redrawn(ledger: PatientLedger, before: Names, orders: Iterable[Order]) -> tuple[PatientLedger, set[str]]:
    """The ledger with the doses of some orders under the names by which these go now; also of which drugs."""
    changed = {
        name for order in orders for name in _others(order) if ledger.names.get(name) != before.get(name)
    }
    drugs: set[str] = set()
    for name in changed:
        for said_by in (before.get(name, _NOBODY), ledger.names.get(name, _NOBODY)):
            drugs.update(*said_by.values())
    touched: set[str] = set()
    for drug in drugs.intersection(ledger.given):
        held = ledger.given[drug]
        entries = tuple(_again(dose, ledger, changed) for dose in held.entries)
        if entries != held.entries:
            ledger = ledger._replace(given=ledger.given.set(drug, Timeline(entries, held.longest)))
            touched.add(drug)
    return ledger, touched


def _again(dose: Given, ledger: PatientLedger, changed: set[str]) -> Given:
    stated = getattr(ledger.facts.get(dose.entity), "order", None)
    return drawn_by(dose._replace(order=stated), ledger.names) if stated in changed else dose


def _others(order: Order) -> tuple[str, ...]:
    return tuple(name for name in order.also_known if name != order.entity)
