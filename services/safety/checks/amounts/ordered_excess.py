"""Whether active orders together allow more than a limit: surely, or only if all that may be given is.

Ranges count at their upper end. What is passed only through doses as needed, or through orders that look
like alternatives (same dose and schedule, another route), is a question and no overdose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.amounts.daily_order import DailyPart, daily_parts, dose_changes, once_until
from services.safety.ledger.entries import Prescribed

_NOTHING = Decimal(0)
_ALTERNATIVES = " Some of these orders look like alternatives of each other: confirm."
_AS_NEEDED = " Only what is given as needed passes the limit."


@dataclass(frozen=True, slots=True)
class OrderedExcess:
    """How much is ordered, in the base unit of the limit, and the rows that show it.

    `note` says to people why it is only a question; it is empty where the excess is sure.
    """

    amount: Decimal
    note: str
    entities: tuple[str, ...]
    orders: list[JsonValue]


def parts_of(orders: Sequence[Prescribed], now: datetime, window: timedelta) -> list[DailyPart]:
    """What the orders amount to in a window; a dose ordered once counts for 24 hours."""
    return [
        part
        for entry in orders
        for part in daily_parts(entry, now, window)[0]
        if (ends := once_until(entry, part.dosage)) is None or now < ends
    ]


def changes_of(orders: Sequence[Prescribed]) -> list[datetime | None]:
    """The instants at which time alone changes the parts of active orders."""
    instants: list[datetime | None] = []
    for entry in orders:
        instants += dose_changes(entry)
        instants += [once_until(entry, dosage) for dosage in entry.order.dosages]
    return instants


def ordered_excess(parts: Sequence[DailyPart], most: Decimal) -> OrderedExcess | None:
    """What the parts, all of which count for a limit, allow beyond it."""
    everything = _sum(parts)
    if everything <= most:
        return None
    scheduled = [part for part in parts if not part.as_needed]
    fixed, surely = _sum(scheduled), _sum_of_unlike(scheduled)
    if surely > most:
        amount, note = surely, ""
    elif fixed > most:
        amount, note = fixed, _ALTERNATIVES
    else:
        amount, note = everything, _AS_NEEDED
    listed: list[JsonValue] = [
        {
            "entity": part.entry.entity,
            "single": plain(part.single.value),
            "doses_in_window": plain(part.doses),
            "in_window": plain(part.amount),
            "as_needed": part.as_needed,
        }
        for part in parts
    ]
    return OrderedExcess(amount, note, tuple(dict.fromkeys(part.entry.entity for part in parts)), listed)


def _sum(parts: Sequence[DailyPart]) -> Decimal:
    """The sum, where of orders that are linked as alternatives the largest counts."""
    groups: dict[str, Decimal] = {}
    total = _NOTHING
    for part in parts:
        link = part.entry.order.alternatives
        if link is None:
            total += part.amount
        else:
            groups[link] = max(groups.get(link, _NOTHING), part.amount)
    return total + sum(groups.values(), _NOTHING)


def _sum_of_unlike(parts: Sequence[DailyPart]) -> Decimal:
    """The sum, where of equal doses and schedules by different routes one route counts as well."""
    linked = [part for part in parts if part.entry.order.alternatives is not None]
    alike: dict[tuple[Decimal, Decimal], dict[str, Decimal]] = {}
    for part in parts:
        if part.entry.order.alternatives is None:
            routes = alike.setdefault((part.single.value, part.doses), {})
            routes[part.route.value] = routes.get(part.route.value, _NOTHING) + part.amount
    return _sum(linked) + sum((max(routes.values()) for routes in alike.values()), _NOTHING)
