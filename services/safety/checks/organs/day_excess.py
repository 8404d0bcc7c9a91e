"""Whether the day of a drug is too high, by its orders or by what was given, and how sure that is.

What is surely ordered and what was given go before what only may be given. A dose that is given early by no
more than the ward's tolerance is not one of the same day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from services.safety.checks.amounts.daily_excess import DailyMost, given_excess
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.ordered_excess import changes_of, ordered_excess, parts_of
from services.safety.checks.amounts.range_words import of_days
from services.safety.checks.judgement import View, earliest
from services.safety.checks.use.activity import active_orders

_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DayExcess:
    """A day above the limit in its base unit, whether it was "ordered" or "given", and the rows that show it.

    `note` says to people why it is only a question; it is empty where the excess is sure. `ranged`: words
    that go behind the amount where it is the upper end of a range.
    """

    amount: Decimal
    how: str
    note: str
    entities: tuple[str, ...]
    evidence: dict[str, JsonValue]
    ranged: str = ""


def day_excess(view: View, ingredient: str, most: DailyMost) -> tuple[DayExcess | None, datetime | None]:
    """The excess that stands now, the surer and then the larger, and when time alone may change it."""
    ordered, review_at = _ordered(view, ingredient, most)
    given, changes = given_excess(view, ingredient, most)
    review_at = earliest(view.now, review_at, changes)
    if given is None or (ordered is not None and not ordered.note and ordered.amount >= given.amount):
        return ordered, review_at
    return DayExcess(given.amount, given.how, "", given.entities, given.evidence), review_at


def _ordered(view: View, ingredient: str, most: DailyMost) -> tuple[DayExcess | None, datetime | None]:
    orders, review_at = active_orders(view, ingredient)
    if not orders:
        return None, review_at
    review_at = earliest(view.now, review_at, *changes_of(orders))
    parts = [
        part
        for part in parts_of(orders, view.now, _DAY)
        if part.single.dimension == most.dimension and covers(most.routes, part.route, part.single.micro)
    ]
    excess = ordered_excess(parts, most.value)
    if excess is None:
        return None, review_at
    ranged = of_days(part.dosage for part in parts if part.entry.entity in excess.entities)
    shown_orders: dict[str, JsonValue] = {"orders": excess.orders}
    return DayExcess(excess.amount, "ordered", excess.note, excess.entities, shown_orders, ranged), review_at
