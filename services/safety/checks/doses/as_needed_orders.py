"""Orders as needed, what they say of time and number, and which doses were given under which.

House rules. A dose belongs to the order that it names. One that names none belongs to the only order of its
ingredient and route that held at its time, if that is one as needed; beside another order, even a scheduled
one, nobody can tell, and it counts for none. An order that took the place of another as needed goes on with
its doses. Home medication has no doses here.

"Every 6 h as needed" (once, or less, in a period) is an interval: the period divided by the times, of ranges
the shortest. "Up to 4 times a day as needed" is none: it is the most for a day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.dosage import Dosage
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import in_force
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.orders import predecessors

_DAY = Decimal(86_400)
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class AsNeeded:
    """One order as needed; `entities` are it and those as needed whose place it took.

    `leading`: of a product with several ingredients an order is told of the first one only.
    """

    entry: Prescribed
    entities: frozenset[str]
    leading: bool

    def dosages(self, at: datetime) -> list[Dosage]:
        """The dosages in force at an instant."""
        return [dosage for dosage in self.entry.order.dosages if in_force(dosage, at)]

    def interval(self, at: datetime) -> timedelta | None:
        """How long to wait from dose to dose by what held at an instant; of several dosages the shortest."""
        spans = [interval_of(dosage) for dosage in self.dosages(at)]
        known = [span for span in spans if span is not None]
        return min(known) if known and len(known) == len(spans) else None


@dataclass(frozen=True, slots=True)
class AsNeededOrders:
    """The orders as needed of one ingredient.

    `longest` is the longest interval among them, `period` the longest period of which one names a maximum.
    """

    by_entity: Mapping[str, AsNeeded]
    entries: Sequence[Prescribed]
    longest: timedelta
    period: timedelta

    def order_of(self, dose: Given) -> AsNeeded | None:
        """The order as needed under which a dose was given."""
        if dose.order is not None:
            return self.by_entity.get(dose.order)
        held = [entry for entry in self.entries if _held(entry, dose)]
        return self.by_entity.get(held[0].entity) if len(held) == 1 else None

    def split(self, doses: Iterable[Given]) -> dict[str, list[Given]]:
        """The doses by the order as needed under which they were given, without those under none."""
        found: dict[str, list[Given]] = {}
        for dose in doses:
            order = self.order_of(dose)
            if order is not None:
                found.setdefault(order.entry.entity, []).append(dose)
        return found


def along(order: AsNeeded, doses: Mapping[str, Sequence[Given]]) -> Sequence[Given]:
    """Of doses by order those under an order or under those whose place it took, as they began."""
    if len(order.entities) == 1:
        return doses.get(order.entry.entity, ())
    mine = (dose for entity in order.entities for dose in doses.get(entity, ()))
    return sorted(mine, key=lambda dose: (dose.start, dose.entity))


_remembered: Remembered[AsNeededOrders | None] = Remembered()


def as_needed_orders(view: View, ingredient: str) -> AsNeededOrders | None:
    """The orders as needed of an ingredient, past ones too; None where there are none."""
    entries = view.ledger.prescribed.get(ingredient)
    if entries is None:
        return None
    key = (id(entries),)
    known = _remembered.known(view.now, key)
    if known is None:
        known = _remembered.keep(view.now, key, (entries,), _found(entries), None)
    return known[0]


def frequency(dosage: Dosage) -> tuple[Decimal, Decimal] | None:
    """How often at most in how many seconds; None where that is not structured."""
    named = Decimal(len(dosage.times_of_day))
    if dosage.once:
        return None
    if dosage.period_seconds is None:
        return (named, _DAY) if named else None
    return max(named, dosage.times_high or dosage.times_low or Decimal(1)), dosage.period_seconds


def interval_of(dosage: Dosage) -> timedelta | None:
    """How long to wait from one dose to the next; None where the dosage says no such thing."""
    stated = frequency(dosage)
    if stated is None or stated[0] > 1:
        return None
    return span_of(stated[1] / stated[0])


def span_of(seconds: Decimal) -> timedelta:
    """Seconds as a span of time, to the microsecond below."""
    return timedelta(microseconds=int(seconds * 1_000_000))


def _found(entries: Sequence[Prescribed]) -> AsNeededOrders | None:
    mine = {entry.entity: entry for entry in entries if entry.as_needed and not entry.order.community}
    if not mine:
        return None
    orders = {
        entity: AsNeeded(entry, _lineage(entry, mine), _leading(entry)) for entity, entry in mine.items()
    }
    dosages = [dosage for entry in mine.values() for dosage in entry.order.dosages]
    spans = [span for dosage in dosages if (span := interval_of(dosage)) is not None]
    ward = tuple(entry for entry in entries if not entry.order.community)
    periods = [span for dosage in dosages for span in _periods(dosage)]
    return AsNeededOrders(orders, ward, max(spans, default=_NO_TIME), max(periods, default=_NO_TIME))


def _periods(dosage: Dosage) -> Iterable[timedelta]:
    stated = frequency(dosage)
    if stated is not None and stated[0] > 1:
        yield span_of(stated[1])
    yield from (span_of(cap.period_seconds) for cap in dosage.max_dose)


def _lineage(entry: Prescribed, orders: Mapping[str, Prescribed]) -> frozenset[str]:
    found: set[str] = set()
    left = [entry.entity]
    while left:
        entity = left.pop()
        if entity in orders and entity not in found:
            found.add(entity)
            left += predecessors(orders[entity].order)
    return frozenset(found)


def _leading(entry: Prescribed) -> bool:
    contents = entry.product.contents
    return not contents or contents[0].ingredient == entry.ingredient


def _held(entry: Prescribed, dose: Given) -> bool:
    if entry.start > dose.start or (entry.until is not None and entry.until <= dose.start):
        return False
    if dose.route is Route.UNKNOWN:
        return dose.amount is None or not dose.amount.micro
    return not entry.routes or dose.route in entry.routes or Route.UNKNOWN in entry.routes
