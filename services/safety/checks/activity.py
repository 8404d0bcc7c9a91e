"""Which drugs are active in a patient at an instant, and why.

An order is active from its start until its end, unless it is on hold; a successor ends its predecessor. A dose is
active for an exposure window after it ended. Doses put on the body's surface count as local.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.clinical import Intent, Route
from services.safety.checks.judgement import View, earliest
from services.safety.ledger.entries import Prescribed

LOCAL_ROUTES = frozenset({Route.TOPICAL, Route.OPHTHALMIC, Route.OTIC, Route.NASAL})
_REPLACING = frozenset({Intent.FILLER_ORDER, Intent.INSTANCE_ORDER})


@dataclass(frozen=True, slots=True)
class Active:
    """One ingredient active at an instant. `entities` are the facts that make it so."""

    ingredient: str
    entities: tuple[str, ...]
    given: bool
    scheduled: bool
    local: bool
    by_text: bool


def active_span(view: View, entry: Prescribed) -> tuple[datetime, datetime | None]:
    """From when until when an order is active, its successors considered."""
    until = entry.until
    for entity, successor in view.ledger.successors.get(entry.entity, {}).items():
        if entity == entry.entity:
            continue
        start = entry.start if successor.intent in _REPLACING and successor.replaces != entry.entity else max(
            entry.start, successor.effective_at
        )
        until = start if until is None else min(until, start)
    return entry.start, until


def active_orders(view: View, ingredient: str) -> tuple[list[Prescribed], datetime | None]:
    """The active orders of an ingredient, and when that may next change by time."""
    orders = view.ledger.prescribed.get(ingredient)
    if not orders:
        return [], None
    found: list[Prescribed] = []
    review_at: datetime | None = None
    for _, entry in sorted(orders.items()):
        start, until = active_span(view, entry)
        if not entry.on_hold and start <= view.now and (until is None or view.now < until):
            found.append(entry)
        review_at = earliest(view.now, review_at, start, until)
    return found, review_at


def activity(view: View, ingredient: str, exposure: timedelta) -> tuple[Active | None, datetime | None]:
    """Whether and why an ingredient is active now, and when that may next change by time."""
    orders, review_at = active_orders(view, ingredient)
    entities: list[str] = [entry.entity for entry in orders]
    routes = {dosage.route for entry in orders for dosage in entry.order.dosages}
    by_text = any(entry.by_text for entry in orders)
    given = False
    timeline = view.ledger.given.get(ingredient)
    if timeline is not None:
        for dose in timeline.overlapping(view.now - exposure, view.now):
            if not dose.done or dose.end + exposure <= view.now:
                continue
            given = True
            entities.append(dose.entity)
            routes.add(dose.route)
            by_text = by_text or dose.by_text
            review_at = earliest(view.now, review_at, dose.end + exposure)
        following = timeline.entries[-1]
        if following.start > view.now:
            review_at = earliest(view.now, review_at, following.start)
    if not entities:
        return None, review_at
    scheduled = any(not entry.as_needed for entry in orders)
    local = bool(routes) and routes <= LOCAL_ROUTES
    return Active(ingredient, tuple(dict.fromkeys(entities)), given, scheduled, local, by_text), review_at


def ingredients(view: View) -> Iterator[str]:
    """Every mapped ingredient of the ledger, in name order."""
    names = set(view.ledger.given) | set(view.ledger.prescribed)
    return iter(sorted(name for name in names if not name.startswith("<")))
