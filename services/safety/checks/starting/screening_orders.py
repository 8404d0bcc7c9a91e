"""Which trial doses before a pump are ordered and still to be given.

House rules: a trial dose is one that is ordered once, and no rate. One ordered for an earlier time goes
before, and of two for the same time the smaller one. A dose given under the order is the first of it.
"""

from datetime import datetime
from typing import NamedTuple

from schemas.dosage import Dosage
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import dose_changes, in_force, once_until
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.ordered_single import ordered_single
from services.safety.checks.judgement import View, earliest
from services.safety.checks.starting.pumps import at_once
from services.safety.checks.use.activity import active_orders
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Prescribed


class ToGive(NamedTuple):
    """One dose of an order, `at` the time for which it is ordered."""

    entity: str
    at: datetime
    amount: Amount
    dosage: Dosage


def to_give(
    view: View, ingredient: str, routes: frozenset[Route]
) -> tuple[tuple[ToGive, ...], datetime | None]:
    """Those by the routes in the order of their turn, and when time alone may next change that."""
    orders, review_at = active_orders(view, ingredient)
    given = [dose.order for dose in at_once(view, ingredient, routes) if dose.start <= view.now]
    found: list[ToGive] = []
    for entry in orders:
        doses = sorted(_of_order(entry, routes), key=_turn)
        left = doses[given.count(entry.entity) :]
        lapses = [once_until(entry, one.dosage) for one in left]
        review_at = earliest(view.now, review_at, *dose_changes(entry), *lapses)
        found += [
            one
            for one, lapse in zip(left, lapses, strict=True)
            if in_force(one.dosage, view.now) and lapse is not None and view.now < lapse
        ]
    return tuple(sorted(found, key=_turn)), review_at


def _of_order(entry: Prescribed, routes: frozenset[Route]) -> list[ToGive]:
    found = []
    for dosage in entry.order.dosages:
        amount = ordered_single(entry, dosage) if dosage.once and dosage.rate is None else None
        if isinstance(amount, Amount) and covers(routes, dosage.route, amount.micro):
            found.append(ToGive(entry.entity, dosage.starts_at or entry.start, amount, dosage))
    return found


def _turn(one: ToGive) -> tuple[object, ...]:
    return one.at, one.amount.value, one.entity
