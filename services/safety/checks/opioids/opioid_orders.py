"""What the orders of a patient for opioids amount to in a day as morphine by mouth."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from services.safety.checks.amounts.daily_order import daily_parts, dose_changes, in_force, once_until
from services.safety.checks.amounts.patches import strength
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.opioids.opioid_equivalents import MASS, Equivalent, factor_for, factors, total
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.activity import active_orders
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.ledger.entries import Prescribed

_prescribed: Remembered[tuple[Equivalent, ...]] = Remembered()


def prescribed(view: View, ingredients: Iterable[str]) -> tuple[tuple[Equivalent, ...], datetime | None]:
    """What the active orders amount to in a day, ranges at their upper end, and when time may change that."""
    counted: list[Equivalent] = []
    review_at: datetime | None = None
    knowledge = view.knowledge
    for name in ingredients:
        entries = view.ledger.prescribed.get(name)
        if entries is None:
            continue
        key = (id(entries), id(knowledge), name)
        known = _prescribed.known(view.now, key)
        if known is None:
            known = _prescribed.keep(view.now, key, (entries, knowledge), *_prescribed_of(view, name))
        counted += known[0]
        review_at = sooner(review_at, known[1])
    return tuple(counted), review_at


class Scheduled(NamedTuple):
    """What of the orders is not as needed: its sum, that of each drug, and the drugs with their rows."""

    mme: Decimal
    of: Mapping[str, Decimal]
    kinds: list[tuple[str, str]]


_scheduled: Remembered[Scheduled] = Remembered()


def scheduled(view: View, ingredients: tuple[str, ...]) -> Scheduled:
    """What the active scheduled orders amount to in a day; from dose to dose as a rule it is the same."""
    prescribed_now, knowledge = view.ledger.prescribed, view.knowledge
    key = (id(prescribed_now), id(knowledge), ingredients)
    known = _scheduled.known(view.now, key)
    if known is None:
        ordered, review_at = prescribed(view, ingredients)
        parts = tuple(part for part in ordered if not part.as_needed)
        of = {name: total(part for part in parts if part.ingredient == name) for name in ingredients}
        found = Scheduled(total(parts), of, kinds_of(parts))
        known = _scheduled.keep(view.now, key, (prescribed_now, knowledge), found, review_at)
    return known[0]


def kinds_of(parts: Iterable[Equivalent]) -> list[tuple[str, str]]:
    """The drugs and the rows by which they count, as they come first."""
    return list(dict.fromkeys([(part.ingredient, part.row.id) for part in parts]))


def _prescribed_of(view: View, ingredient: str) -> tuple[tuple[Equivalent, ...], datetime | None]:
    counted: list[Equivalent] = []
    rows = factors(view.knowledge, ingredient)
    orders, review_at = active_orders(view, ingredient)
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        found, changes = _ordered(view, entry, rows)
        review_at = sooner(review_at, changes)
        counted += found
    return tuple(counted), review_at


def _ordered(
    view: View, entry: Prescribed, rows: Iterable[MmeFactor]
) -> tuple[list[Equivalent], datetime | None]:
    found: list[Equivalent] = []
    review_at: datetime | None = None
    for part in daily_parts(entry, view.now)[0]:
        row = factor_for(rows, part.route, micro=part.single.micro)
        mass = part.single.dimension == MASS and row is not None and row.worn_for is None
        if row is None or row.factor is None or not mass:
            continue
        ends = once_until(entry, part.dosage)
        if ends is not None and ends <= view.now:
            continue
        review_at = sooner(review_at, ends)
        found.append(_order(entry, part.amount, row, row.factor, as_needed=part.as_needed))
    for dosage in entry.order.dosages:
        row = factor_for(rows, dosage.route, micro=True)
        if row is None or row.factor is None or row.worn_for is None or not in_force(dosage, view.now):
            continue
        per_hour = strength(dosage)
        if per_hour is not None:
            found.append(_order(entry, per_hour, row, row.factor, as_needed=dosage.as_needed))
    return found, review_at


def _order(
    entry: Prescribed, amount: Decimal, row: MmeFactor, factor: Decimal, *, as_needed: bool
) -> Equivalent:
    link = entry.order.alternatives
    mme = amount * factor
    return Equivalent(entry.ingredient, entry.entity, entry.start, "", amount, row, mme, as_needed, link)
