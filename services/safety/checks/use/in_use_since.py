"""Since when a drug is in use without a break, and by what.

A drug with a scheduled order in force is in use by its orders, which are never forgotten. One without is in
use by its doses, as far back as these are remembered: an as-needed order alone is no use, and a dose that an
order speaks of says nothing once the order has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.medications import Route
from services.safety.checks.judgement import View, earliest
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import reach


@dataclass(frozen=True, slots=True)
class Use:
    """In use now, since `start`; `longer`: or earlier, because doses are not remembered further back."""

    start: datetime
    entities: tuple[str, ...]
    longer: bool = False


def by_orders(
    view: View, ingredient: str, gap: timedelta, exempt: frozenset[Route]
) -> tuple[Use | None, datetime | None]:
    """The use that scheduled orders show, and when time alone may change that."""
    now = view.now
    start: datetime | None = None
    reached: datetime | None = None
    active: list[str] = []
    changes: datetime | None = None
    for entry in view.ledger.prescribed.get(ingredient, ()):
        if entry.start > now:
            return _ordered(start, active), earliest(now, changes, entry.start)
        if entry.on_hold or not _scheduled(entry) or (entry.routes and entry.routes <= exempt):
            continue
        if start is None or reached is None or entry.start - reached >= gap:
            start = entry.start
        until = now if entry.until is None else min(entry.until, now)
        reached = until if reached is None else max(reached, until)
        if _in_force(entry, now):
            active.append(entry.entity)
            changes = earliest(now, changes, entry.until)
    return _ordered(start, active), changes


def by_doses(
    view: View, ingredient: str, gap: timedelta, exempt: frozenset[Route]
) -> tuple[Use | None, datetime | None]:
    """The use that doses show, and when time alone may change that."""
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return None, None
    now, orders = view.now, view.ledger.prescribed.get(ingredient, ())
    changes = earliest(now, timeline.next_after(now), *(i for e in orders for i in (e.start, e.until)))
    remembered = now - reach(view.knowledge, ingredient)
    doses = [
        dose
        for dose in timeline.overlapping(remembered, now)
        if dose.done and dose.end > remembered and dose.route not in exempt
    ]
    last = max((dose.end for dose in doses if _counts(dose, orders, now)), default=None)
    if last is None or last + gap <= now:
        return None, changes
    start = now
    for dose in reversed(doses):
        if start - dose.start >= gap + timeline.longest:
            break
        if start - dose.end < gap:
            start = min(start, dose.start)
    longer = start <= remembered + gap
    newest = max(doses, key=lambda dose: (dose.end, dose.entity))
    changes = earliest(now, changes, last + gap, start + (now - remembered) - gap)
    return Use(start, (newest.entity,), longer), changes


def last_given(view: View, ingredient: str) -> datetime | None:
    """When the last dose ended that was given by now, by any route."""
    timeline = view.ledger.given.get(ingredient)
    begun = timeline.entries[: timeline.started(view.now)] if timeline is not None else ()
    return next((dose.end for dose in reversed(begun) if dose.done), None)


def _ordered(start: datetime | None, active: list[str]) -> Use | None:
    return Use(start, tuple(active)) if start is not None and active else None


def _scheduled(entry: Prescribed) -> bool:
    dosages = entry.order.dosages
    return not entry.as_needed and not (dosages and all(dosage.once for dosage in dosages))


def _in_force(entry: Prescribed, now: datetime) -> bool:
    return entry.start <= now and (entry.until is None or now < entry.until)


def _counts(dose: Given, orders: Sequence[Prescribed], now: datetime) -> bool:
    """Whether a dose keeps the drug in use: no order speaks of it, or one as needed that is in force."""
    for entry in orders:
        if entry.entity == dose.order and not _scheduled(entry) and not entry.as_needed:
            continue
        mine = entry.entity == dose.order
        if mine and entry.as_needed:
            return _in_force(entry, now) and not entry.on_hold
        within = entry.start <= dose.start and (entry.until is None or dose.start <= entry.until)
        if mine or (_scheduled(entry) and within):
            return False
    return True
