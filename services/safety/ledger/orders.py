"""Which orders count, and from when until when.

An order counts when its intent is an order of some kind; a filler or instance order takes the place of what it is
based on, a successor ends its predecessor when it starts (both are links in the facts, resolved when read).
"""

from datetime import datetime

from schemas.clinical import FactStatus, Intent, Order, OrderState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.products import Basis
from services.safety.ledger.entries import Prescribed, ingredients_of

_COUNTED = frozenset(
    {
        Intent.ORDER,
        Intent.ORIGINAL_ORDER,
        Intent.REFLEX_ORDER,
        Intent.FILLER_ORDER,
        Intent.INSTANCE_ORDER,
    }
)


def counts(order: Order) -> bool:
    """Whether an order is one at all: not a proposal, plan, option, draft, prohibition or error."""
    return (
        order.status is not FactStatus.ENTERED_IN_ERROR
        and order.intent in _COUNTED
        and order.state is not OrderState.DRAFT
        and not order.do_not_perform
    )


def until(order: Order) -> datetime | None:
    """When the order stops being active: the earlier of its stated end and the instant it was stopped."""
    ends = [instant for instant in (order.ends_at, order.stopped_at) if instant is not None]
    if order.state in (OrderState.STOPPED, OrderState.COMPLETED) and not ends:
        ends.append(order.recorded_at)
    return min(ends) if ends else None


def prescribed_of(order: Order, knowledge: KnowledgeBase) -> tuple[Prescribed, ...]:
    """The entries of one order, none if it does not count."""
    if not counts(order):
        return ()
    return tuple(
        Prescribed(
            order.entity,
            ingredient,
            order.effective_at,
            until(order),
            order.state is OrderState.ON_HOLD,
            product,
            content,
            product.basis is Basis.TEXT,
            order,
        )
        for ingredient, product, content in ingredients_of(order.medication, knowledge)
    )
