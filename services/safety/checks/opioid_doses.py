"""What the opioids of a patient amount to as morphine by mouth: given, prescribed, and what has no figure.

A dose by a route that no factor speaks of (into a vein, under the skin) is no part of the sum and is listed,
and so is a drug for which the table gives no factor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.clinical import Route
from schemas.issues import NotAssessedReason
from services.safety.checks.activity import active_orders
from services.safety.checks.daily_order import daily_parts, dose_changes, in_force, once_until
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.limits import covers
from services.safety.checks.patches import strength, worn
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.timeline import Timeline

_MASS = "mass"
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class Equivalent:
    """What one dose, or one order over a day, stands for; `amount` in mg, for patches in ug/h.

    Of a dose that stays in the sum it is the same object.
    """

    ingredient: str
    entity: str
    start: datetime
    stated: str
    amount: Decimal
    row: MmeFactor
    mme: Decimal
    as_needed: bool = False
    alternatives: str | None = None


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A dose that is no part of the sum. `reason`: it should be, and its record does not say enough."""

    ingredient: str
    entity: str
    why: str
    reason: NotAssessedReason | None = None


@dataclass(frozen=True, slots=True)
class Doses:
    """What counts, what does not, and when time alone may next change that."""

    counted: tuple[Equivalent, ...]
    uncounted: tuple[Uncounted, ...]
    review_at: datetime | None


@lru_cache(maxsize=1_024)
def _factors(knowledge: KnowledgeBase, ingredient: str) -> tuple[MmeFactor, ...]:
    return knowledge.rules_of(ingredient, MmeFactor)


def _factor(rows: Iterable[MmeFactor], route: Route, *, micro: bool) -> MmeFactor | None:
    return next((row for row in rows if covers(frozenset(row.routes), route, micro)), None)


def is_patch(knowledge: KnowledgeBase, dose: Given) -> bool:
    """Whether a dose is a patch, which may take the place of another one."""
    rows = _factors(knowledge, dose.ingredient)
    return any(row.worn_for is not None and dose.route in row.routes for row in rows)


_given: Remembered[Doses] = Remembered()
_one: Remembered[Equivalent | Uncounted] = Remembered()
_prescribed: Remembered[tuple[Equivalent, ...]] = Remembered()


def given(view: View, ingredients: Iterable[str], window: timedelta) -> Doses:
    """The doses given in the window up to now, and the patches worn now."""
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    review_at: datetime | None = None
    knowledge = view.knowledge
    for name in ingredients:
        timeline = view.ledger.given.get(name)
        if timeline is None:
            continue
        key = (id(timeline), id(knowledge), name, window)
        known = _given.known(view.now, key)
        if known is None:
            doses = _given_of(view, name, timeline, window)
            known = _given.keep(view.now, key, (timeline, knowledge), doses, doses.review_at)
        counted += known[0].counted
        uncounted += known[0].uncounted
        review_at = sooner(review_at, known[1])
    return Doses(tuple(counted), tuple(uncounted), review_at)


def _given_of(view: View, ingredient: str, timeline: Timeline[Given], window: timedelta) -> Doses:
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    rows = _factors(view.knowledge, ingredient)
    review_at = timeline.next_after(view.now)
    patch = next((row for row in rows if row.worn_for is not None), None)
    on_skin: list[Given] = []
    reach = max(window, patch.worn_for) if patch is not None and patch.worn_for is not None else window
    for dose in timeline.overlapping(view.now - reach, view.now):
        if patch is not None and dose.route in patch.routes:
            on_skin.append(dose)
            continue
        if not dose.done or dose.end + window <= view.now:
            continue
        review_at = sooner(review_at, dose.end + window)
        key = (id(dose), id(rows))
        known = _one.known(view.now, key)
        one = (known or _one.keep(view.now, key, (dose, rows), _dose(dose, rows), None))[0]
        if isinstance(one, Equivalent):
            counted.append(one)
        else:
            uncounted.append(one)
    if patch is not None and patch.worn_for is not None:
        for each in _patches(view, on_skin, patch, patch.worn_for):
            review_at = earliest(view.now, review_at, each[1])
            if isinstance(each[0], Equivalent):
                counted.append(each[0])
            else:
                uncounted.append(each[0])
    return Doses(tuple(counted), tuple(uncounted), review_at)


def _patches(
    view: View, doses: Iterable[Given], row: MmeFactor, worn_for: timedelta
) -> Iterator[tuple[Equivalent | Uncounted, datetime]]:
    for patch in worn(view, doses, worn_for):
        dose = patch.dose
        if patch.off <= view.now:
            continue
        if row.factor is None:
            yield Uncounted(dose.ingredient, dose.entity, f"no factor in {row.table}"), patch.off
        elif patch.per_hour is None:
            why = "a patch whose strength per hour is not stated"
            reason = NotAssessedReason.UNCONVERTIBLE_UNIT
            yield Uncounted(dose.ingredient, dose.entity, why, reason), patch.off
        else:
            yield _equivalent(dose, patch.per_hour, row, row.factor), patch.off


def _dose(dose: Given, rows: Iterable[MmeFactor]) -> Equivalent | Uncounted:
    micro = dose.amount is not None and dose.amount.micro
    row = _factor(rows, dose.route, micro=micro)
    if row is None:
        why = "no factor for this route" if dose.route is not Route.UNKNOWN else "the route is not known"
        return Uncounted(dose.ingredient, dose.entity, f"{why} ({dose.route.value})")
    if row.factor is None:
        return Uncounted(dose.ingredient, dose.entity, f"no factor in {row.table}")
    if dose.amount is None:
        return Uncounted(dose.ingredient, dose.entity, "no amount to calculate with", dose.problem)
    if dose.amount.dimension != _MASS:
        reason = NotAssessedReason.UNCONVERTIBLE_UNIT
        return Uncounted(dose.ingredient, dose.entity, "no amount to calculate with", reason)
    return _equivalent(dose, dose.amount.value, row, row.factor)


def _equivalent(dose: Given, amount: Decimal, row: MmeFactor, factor: Decimal) -> Equivalent:
    return Equivalent(dose.ingredient, dose.entity, dose.start, dose.stated, amount, row, amount * factor)


def prescribed(view: View, ingredients: Iterable[str]) -> Doses:
    """What the active orders amount to in a day, ranges at their upper end."""
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
    return Doses(tuple(counted), (), review_at)


def _prescribed_of(view: View, ingredient: str) -> tuple[tuple[Equivalent, ...], datetime | None]:
    counted: list[Equivalent] = []
    rows = _factors(view.knowledge, ingredient)
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
        row = _factor(rows, part.route, micro=part.single.micro)
        mass = part.single.dimension == _MASS and row is not None and row.worn_for is None
        if row is None or row.factor is None or not mass:
            continue
        ends = once_until(entry, part.dosage)
        if ends is not None and ends <= view.now:
            continue
        review_at = sooner(review_at, ends)
        found.append(_order(entry, part.amount, row, row.factor, as_needed=part.as_needed))
    for dosage in entry.order.dosages:
        row = _factor(rows, dosage.route, micro=True)
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


def total(parts: Iterable[Equivalent]) -> Decimal:
    """The sum of equivalents, where of orders that are linked as alternatives the largest counts."""
    linked: dict[str, Decimal] = {}
    alone = _NOTHING
    for part in parts:
        if part.alternatives is None:
            alone += part.mme
        else:
            linked[part.alternatives] = max(linked.get(part.alternatives, _NOTHING), part.mme)
    return round(sum(linked.values(), alone), 9).normalize() + 0
