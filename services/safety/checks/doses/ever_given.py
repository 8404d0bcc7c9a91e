"""All that was ever given of a drug, and one dose of each order that nothing was given for yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.checks.amounts.daily_order import daily_parts, dose_changes
from services.safety.checks.amounts.limits import covers
from services.safety.checks.judgement import View, earliest
from services.safety.checks.use.activity import active_orders
from services.safety.ledger.entries import Given

_NOTHING = Decimal(0)
SHOWN = 40
"""So many doses are listed one by one; the earlier ones are one sum."""


@dataclass(frozen=True, slots=True)
class EverGiven:
    """What was given and what is ordered next, in base units, and what could not be counted."""

    doses: tuple[Given, ...]
    given: Decimal
    orders: tuple[tuple[str, Decimal], ...]
    uncounted: tuple[tuple[NotAssessedReason, str], ...]
    review_at: datetime | None

    @property
    def amount(self) -> Decimal:
        """What was given, and what is ordered next."""
        return self.given + sum((single for _, single in self.orders), _NOTHING)


def ever_given(view: View, ingredient: str, routes: frozenset[Route], dimension: str) -> EverGiven:
    """The doses begun by `view.now` by the routes, and the active orders, in base units of the dimension."""
    timeline = view.ledger.given.get(ingredient)
    review_at = timeline.next_after(view.now) if timeline is not None else None
    entries = timeline.entries if timeline is not None else ()
    begun = [each for each in entries if each.start <= view.now and each.done]
    doses: list[Given] = []
    uncounted: list[tuple[NotAssessedReason, str]] = []
    for dose in begun:
        amount = dose.amount
        micro = amount.micro if amount is not None else False
        if not covers(routes, dose.route, micro):
            continue
        if amount is None:
            uncounted.append((dose.problem or NotAssessedReason.MISSING_DOSE, dose.entity))
        elif amount.dimension != dimension:
            uncounted.append((NotAssessedReason.UNCONVERTIBLE_UNIT, dose.entity))
        else:
            doses.append(dose)
    orders, changes = active_orders(view, ingredient)
    review_at = earliest(view.now, review_at, changes)
    answered = {dose.order for dose in begun}
    ordered: list[tuple[str, Decimal]] = []
    for entry in orders:
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        singles = [
            part.single.value
            for part in daily_parts(entry, view.now)[0]
            if part.single.dimension == dimension and covers(routes, part.route, part.single.micro)
        ]
        if singles and entry.entity not in answered:
            ordered.append((entry.entity, max(singles)))
    given = sum((dose.amount.value for dose in doses if dose.amount is not None), _NOTHING)
    return EverGiven(tuple(doses), given, tuple(ordered), tuple(uncounted), review_at)


def listed(doses: Sequence[Given]) -> JsonValue:
    """The newest doses one by one, and the sum of those before them as one."""
    earlier, newest = doses[:-SHOWN], doses[-SHOWN:]
    told: list[JsonValue] = []
    if earlier:
        before = sum((dose.amount.value for dose in earlier if dose.amount is not None), _NOTHING)
        told.append({"start": earlier[0].start.isoformat(), "stated": "earlier", "counted": plain(before)})
    for dose in newest:
        counts = plain(dose.amount.value) if dose.amount is not None else "0"
        start = dose.start.isoformat()
        told.append({"entity": dose.entity, "start": start, "stated": dose.stated, "counted": counts})
    return told
