"""What one dose of an opioid stands for as morphine by mouth, and what keeps it from standing for anything.

A dose by a route that no factor speaks of (into a vein, under the skin) is no part of the sum and is listed,
and so is a drug for which the table gives no factor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.limits import covers
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.mme import MmeFactor
from services.safety.ledger.entries import Given

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


@lru_cache(maxsize=1_024)
def factors(knowledge: KnowledgeBase, ingredient: str) -> tuple[MmeFactor, ...]:
    """The rows about an ingredient."""
    return knowledge.rules_of(ingredient, MmeFactor)


def factor_for(rows: Iterable[MmeFactor], route: Route, *, micro: bool) -> MmeFactor | None:
    """The row for a route, if one speaks of it."""
    return next((row for row in rows if covers(frozenset(row.routes), route, micro)), None)


def equivalent_of(dose: Given, rows: Iterable[MmeFactor], counts: Counts) -> Equivalent | Uncounted:
    """A dose that is no patch by the row for its route, if there is one."""
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
    return equivalent(dose, dose.amount.value, row, row.factor, counts)


def equivalent(
    dose: Given, amount: Decimal, row: MmeFactor, factor: Decimal, counts: Counts | None = None
) -> Equivalent:
    """A dose by a factor; `amount` as of `Equivalent`."""
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
    return rounded(alone)


def rounded(mme: Decimal) -> Decimal:
    """A sum of equivalents as it is told and compared."""
    return round(mme, 9).normalize() + 0
