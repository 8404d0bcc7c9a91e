"""What the opioids given to a patient amount to as morphine by mouth, and what has no figure.

A dose by a route that no factor speaks of (into a vein, under the skin) is no part of the sum and is listed,
and so is a drug for which the table gives no factor. A scheduled dose counts when it was due: where that is
still to come, and more of what was given counts then, the sum of then is told.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from schemas.clinical import Route
from schemas.issues import NotAssessedReason
from services.safety.checks.doses_when_due import alone_when_due, when_due
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.limits import covers
from services.safety.checks.patches import worn
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline

MASS = "mass"
_NOTHING = Decimal(0)


class Equivalent(NamedTuple):
    """What one dose, or one order over a day, stands for; `amount` in mg, for patches in ug/h.

    Of a dose that stays in the sum it is the same object, and known by that. A named tuple, as every dose
    makes one.
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
    counts: "Counts | None" = None

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)


class Counts(NamedTuple):
    """From when, and until when, a dose given is part of the sum; `due`: what it was found to account for."""

    enters: datetime
    until: datetime
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A dose that is no part of the sum. `reason`: it should be, and its record does not say enough."""

    ingredient: str
    entity: str
    why: str
    reason: NotAssessedReason | None = None


class Doses(NamedTuple):
    """What counts, what does not, and when time alone may next change that; `early`: some of what counts was
    given before it was due, and that time is still to come.
    """

    counted: tuple[Equivalent, ...]
    uncounted: tuple[Uncounted, ...]
    review_at: datetime | None
    early: bool = False


@lru_cache(maxsize=1_024)
def factors(knowledge: KnowledgeBase, ingredient: str) -> tuple[MmeFactor, ...]:
    """The rows about an ingredient."""
    return knowledge.rules_of(ingredient, MmeFactor)


def factor_for(rows: Iterable[MmeFactor], route: Route, *, micro: bool) -> MmeFactor | None:
    """The row for a route, if one speaks of it."""
    return next((row for row in rows if covers(frozenset(row.routes), route, micro)), None)


def is_patch(knowledge: KnowledgeBase, dose: Given) -> bool:
    """Whether a dose is a patch, which may take the place of another one."""
    rows = factors(knowledge, dose.ingredient)
    return any(row.worn_for is not None and dose.route in row.routes for row in rows)


_given: Remembered[Doses] = Remembered()
_one: Remembered[Equivalent | Uncounted] = Remembered()


def given(
    view: View, ingredients: Iterable[str], window: timedelta, further: FurtherDose | None = None
) -> Doses:
    """The doses given that count now, and the patches worn now; or soon, where these come to more.

    With a `further` dose, which is no patch, those of its drug are kept up with it where they can be.
    """
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    review_at: datetime | None = None
    early = False
    knowledge = view.knowledge
    for name in ingredients:
        timeline = view.ledger.given.get(name)
        if timeline is None:
            continue
        orders = view.ledger.prescribed.get(name)
        key = (id(timeline), id(orders), id(knowledge), name, window)
        known = _given.known(view.now, key)
        if known is None:
            doses = (
                _kept_up(view, name, window, further) if further and further.timeline is timeline else None
            )
            doses = doses or _given_of(view, name, timeline, window)
            known = _given.keep(view.now, key, (timeline, orders, knowledge), doses, doses.review_at)
        counted += known[0].counted
        uncounted += known[0].uncounted
        review_at = sooner(review_at, known[1])
        early = early or known[0].early
    counts = _most_at_once(view.now, counted) if early else tuple(counted)
    return Doses(counts, tuple(uncounted), review_at)


def _most_at_once(now: datetime, doses: Sequence[Equivalent]) -> tuple[Equivalent, ...]:
    """Of what was given, that which counts at the instant from now on at which it comes to most."""
    instants = {one.enters for each in doses if (one := each.counts) is not None and one.enters > now}
    sets = (tuple(each for each in doses if _counts_at(each, at)) for at in sorted({now, *instants}))
    return max(sets, key=total)


def _counts_at(dose: Equivalent, instant: datetime) -> bool:
    counts = dose.counts
    return counts is None or counts.enters <= instant < counts.until


def _kept_up(view: View, ingredient: str, window: timedelta, further: FurtherDose) -> Doses | None:
    """The doses that counted before a further one, and that one with them; None if all have to be looked at.

    It changes nothing of the others unless one of them accounts for its due time.
    """
    knowledge, dose = view.knowledge, further.dose
    orders = view.ledger.prescribed.get(ingredient)
    known = _given.known(view.now, (id(further.earlier), id(orders), id(knowledge), ingredient, window))
    rows = factors(knowledge, ingredient)
    if known is None or known[0].uncounted or any(row.worn_for is not None for row in rows):
        return None
    before = known[0].counted
    counts = _counts(alone_when_due(view, dose, window), window)
    if counts.until <= view.now:
        return None
    for each in before:
        if each.counts is None or (counts.due is not None and each.counts.due == counts.due):
            return None
    one = _of_one(view, dose, rows, counts)
    if not isinstance(one, Equivalent):
        return None
    place = bisect_right(before, counts.enters, key=_enters)
    review_at = earliest(view.now, known[1], counts.enters, counts.until)
    early = known[0].early or counts.enters > view.now
    return Doses((*before[:place], one, *before[place:]), (), review_at, early)


def _enters(one: Equivalent) -> datetime:
    return one.counts.enters if one.counts is not None else one.start


def _of_one(view: View, dose: Given, rows: Iterable[MmeFactor], counts: Counts) -> Equivalent | Uncounted:
    key = (id(dose), id(rows), counts)
    known = _one.known(view.now, key)
    return (known or _one.keep(view.now, key, (dose, rows), _dose(dose, rows, counts), None))[0]


def _given_of(view: View, ingredient: str, timeline: Timeline[Given], window: timedelta) -> Doses:
    counted: list[Equivalent] = []
    uncounted: list[Uncounted] = []
    rows = factors(view.knowledge, ingredient)
    review_at = timeline.next_after(view.now)
    patch = next((row for row in rows if row.worn_for is not None), None)
    on_skin: list[Given] = []
    others: list[Given] = []
    reach = max(window, patch.worn_for) if patch is not None and patch.worn_for is not None else window
    for dose in timeline.overlapping(view.now - reach, view.now):
        if patch is not None and dose.route in patch.routes:
            on_skin.append(dose)
        elif dose.done:
            others.append(dose)
    stated = {dose.entity: dose for dose in others}
    instants: list[datetime] = []
    for dose in when_due(view, others, window):
        counts = _counts(dose, window)
        if counts.until <= view.now:
            continue
        instants += (counts.enters, counts.until)
        one = _of_one(view, stated[dose.entity], rows, counts)
        if isinstance(one, Equivalent):
            counted.append(one)
        else:
            uncounted.append(one)
    if patch is not None and patch.worn_for is not None:
        for each in _patches(view, on_skin, patch, patch.worn_for):
            instants.append(each[1])
            if isinstance(each[0], Equivalent):
                counted.append(each[0])
            else:
                uncounted.append(each[0])
    early = any(one.counts is not None and one.counts.enters > view.now for one in counted)
    return Doses(tuple(counted), tuple(uncounted), earliest(view.now, review_at, *instants), early)


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


def _counts(dose: Given, window: timedelta) -> Counts:
    due = dose.due
    if due is None:
        return Counts(dose.start, dose.end + window)
    return Counts(due.enters, due.leaves + dose.lasts + window, due.at)


def _dose(dose: Given, rows: Iterable[MmeFactor], counts: Counts) -> Equivalent | Uncounted:
    micro = dose.amount is not None and dose.amount.micro
    row = factor_for(rows, dose.route, micro=micro)
    if row is None:
        why = "no factor for this route" if dose.route is not Route.UNKNOWN else "the route is not known"
        return Uncounted(dose.ingredient, dose.entity, f"{why} ({dose.route.value})")
    if row.factor is None:
        return Uncounted(dose.ingredient, dose.entity, f"no factor in {row.table}")
    if dose.amount is None:
        return Uncounted(dose.ingredient, dose.entity, "no amount to calculate with", dose.problem)
    if dose.amount.dimension != MASS:
        reason = NotAssessedReason.UNCONVERTIBLE_UNIT
        return Uncounted(dose.ingredient, dose.entity, "no amount to calculate with", reason)
    return _equivalent(dose, dose.amount.value, row, row.factor, counts)


def _equivalent(
    dose: Given, amount: Decimal, row: MmeFactor, factor: Decimal, counts: Counts | None = None
) -> Equivalent:
    mme = amount * factor
    return Equivalent(dose.ingredient, dose.entity, dose.start, dose.stated, amount, row, mme, counts=counts)


def total(parts: Iterable[Equivalent]) -> Decimal:
    """The sum of equivalents, where of orders that are linked as alternatives the largest counts."""
    linked: dict[str, Decimal] = {}
    alone = _NOTHING
    for part in parts:
        link = part.alternatives
        if link is None:
            alone += part.mme
        else:
            linked[link] = max(linked.get(link, _NOTHING), part.mme)
    if linked:
        alone = sum(linked.values(), alone)
    return round(alone, 9).normalize() + 0
