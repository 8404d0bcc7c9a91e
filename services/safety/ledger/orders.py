"""Which orders count, and from when until when.

An order counts when its intent is an order of some kind; a filler or instance order takes the place of what
it is based on, a successor ends its predecessor when it starts.
"""

from collections.abc import Mapping
from datetime import datetime

from schemas.clinical import FactStatus, Intent, Order, OrderState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis
from services.safety.ledger.body import ordered_by_body
from services.safety.ledger.entries import Prescribed, ingredients_of
from services.safety.ledger.house_hours import at_house_hours

_COUNTED = frozenset(
    {
        Intent.ORDER,
        Intent.ORIGINAL_ORDER,
        Intent.REFLEX_ORDER,
        Intent.FILLER_ORDER,
        Intent.INSTANCE_ORDER,
    }
)
_REPLACING = frozenset({Intent.FILLER_ORDER, Intent.INSTANCE_ORDER})


def counts(order: Order) -> bool:
    """Whether an order is one at all: not a proposal, plan, option, draft, prohibition or error."""
    return (
        order.status is not FactStatus.ENTERED_IN_ERROR
        and order.intent in _COUNTED
        and order.state is not OrderState.DRAFT
        and not order.do_not_perform
    )


def predecessors(order: Order) -> tuple[str, ...]:
    """The entities that this order replaces or is based on."""
    named = (*((order.replaces,) if order.replaces else ()), *order.based_on)
    return tuple(entity for entity in dict.fromkeys(named) if entity != order.entity)


def until(order: Order, successors: Mapping[str, Order]) -> datetime | None:
    """When the order stops being active: its stated end, the instant it was stopped, or a successor's start.

    What a filler or instance order is based on was never active beside it: one prescription counts once.
    """
    ends = [instant for instant in (order.ends_at, order.stopped_at) if instant is not None]
    if order.state in (OrderState.STOPPED, OrderState.COMPLETED) and not ends:
        ends.append(order.recorded_at)
    for successor in successors.values():
        in_its_place = successor.intent in _REPLACING and successor.replaces != order.entity
        ends.append(order.effective_at if in_its_place else max(order.effective_at, successor.effective_at))
    return min(ends) if ends else None


def prescribed_of(
    order: Order, knowledge: KnowledgeBase, successors: Mapping[str, Order]
) -> tuple[Prescribed, ...]:
    """The entries of one order, none if it does not count."""
    if not counts(order):
        return ()
    ends = until(order, successors)
    routes = frozenset(dosage.route for dosage in order.dosages)
    by_body = ordered_by_body(order)
    as_needed = bool(order.dosages) and all(dosage.as_needed for dosage in order.dosages)
    timed = at_house_hours(order, knowledge.house.hours)
    return tuple(
        Prescribed(
            entity=order.entity,
            ingredient=ingredient,
            start=order.effective_at,
            until=ends,
            on_hold=order.state is OrderState.ON_HOLD,
            as_needed=as_needed,
            routes=routes,
            product=product,
            content=content,
            by_text=product.basis is Basis.TEXT,
            order=timed,
            by_body=by_body,
            house_hours=timed is not order,
        )
        for ingredient, product, content in ingredients_of(order.medication, knowledge)
    )
