"""How much of a drug a patient takes in a day: what the orders state, or what was given where none stands.

Of orders all parts count at their upper end, what is as needed included. Without an order, the doses of a day
shortened by the ward's tolerance count, so that one given a little early is not taken for two in a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.quantities import plain
from services.safety.checks.amounts.daily_excess import DailyMost
from services.safety.checks.amounts.daily_order import daily_parts, dose_changes, once_until
from services.safety.checks.amounts.limits import base_unit, covers
from services.safety.checks.judgement import View, earliest
from services.safety.checks.use.activity import active_orders

_DAY = timedelta(hours=24)
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class DailyAmount:
    """The sum in the base unit of its dimension, as far as it is known, and the rows that show it.

    `complete`: nothing was left out because its record does not say enough. Evidence names the sum only where
    it is more than was asked about, or all of it is known.
    """

    amount: Decimal
    complete: bool
    evidence: dict[str, JsonValue]


def daily_amount(view: View, ingredient: str, most: DailyMost) -> tuple[DailyAmount, datetime | None]:
    """The day's amount by the routes of `most`, and when time alone may change it."""
    orders, review_at = active_orders(view, ingredient)
    if not orders:
        return _given(view, ingredient, most, review_at)
    total, complete = _NOTHING, True
    rows: list[JsonValue] = []
    for entry in orders:
        parts, problems = daily_parts(entry, view.now)
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        complete = complete and not problems
        share = _NOTHING
        for part in parts:
            ends = once_until(entry, part.dosage)
            review_at = earliest(view.now, review_at, ends)
            if (ends is not None and ends <= view.now) or not covers(
                most.routes, part.route, part.single.micro
            ):
                continue
            if part.single.dimension == most.dimension:
                share += part.amount
            else:
                complete = False
        rows.append({"entity": entry.entity, "per_day": plain(share)})
        total += share
    return _told({"orders": rows}, total, most, complete=complete), review_at


def _given(
    view: View, ingredient: str, most: DailyMost, review_at: datetime | None
) -> tuple[DailyAmount, datetime | None]:
    total, complete = _NOTHING, True
    rows: list[JsonValue] = []
    timeline = view.ledger.given.get(ingredient)
    if timeline is not None:
        review_at = earliest(view.now, review_at, timeline.next_after(view.now))
        for dose in timeline.overlapping(view.now - _DAY + view.narrowest_tolerance, view.now):
            window = _DAY - view.tolerance_at(dose.start)
            if not dose.done or dose.end + window <= view.now:
                continue
            review_at = earliest(view.now, review_at, dose.end + window)
            if most.counts(dose) and dose.amount is not None:
                total += dose.amount.value
                rows.append(
                    {
                        "entity": dose.entity,
                        "start": dose.start.isoformat(),
                        "end": dose.end.isoformat(),
                        "stated": dose.stated,
                        "counted": plain(dose.amount.value),
                    }
                )
            elif dose.amount is None or covers(most.routes, dose.route, dose.amount.micro):
                complete = False
    return _told({"doses": rows}, total, most, complete=complete), review_at


def _told(rows: dict[str, JsonValue], total: Decimal, most: DailyMost, *, complete: bool) -> DailyAmount:
    evidence = rows | {"unit": base_unit(most.dimension)}
    if complete or total > most.value:
        evidence |= {"total": plain(total), "limit": plain(most.value)}
    return DailyAmount(total, complete, evidence)
