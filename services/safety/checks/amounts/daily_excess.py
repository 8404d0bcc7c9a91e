"""Whether the day is too high: the larger of what is scheduled for it and what was given in 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import JsonValue

from schemas.medications import Route
from schemas.quantities import Quantity, base, plain
from services.safety.checks.amounts.below_limit import stays_below
from services.safety.checks.amounts.doses_alike import spaced_below
from services.safety.checks.amounts.doses_when_due import when_due
from services.safety.checks.amounts.limits import counting
from services.safety.checks.amounts.prescribed_level import level_at, levels
from services.safety.checks.amounts.range_words import of_orders
from services.safety.checks.amounts.rolling_sum import Interval, counted, excesses, known_from, peak, total
from services.safety.checks.amounts.running_on import goes_on, runs_on, seen_with_what_runs
from services.safety.checks.amounts.shortened_window import shortened
from services.safety.checks.amounts.shown_doses import shown_doses, shown_window
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import View, earliest
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.products import AskedRelease
from services.safety.ledger.entries import Given

_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class DailyMost:
    """At most `value` in 24 hours, in the base unit of `dimension`; no routes means every way of giving.

    With a `release` only products count of which it is known.
    """

    value: Decimal
    dimension: str
    routes: frozenset[Route]
    release: AskedRelease | None = None

    def counts(self, dose: Given) -> bool:
        """Whether a dose given counts for it."""
        return bool(self.under((dose,)))

    def under(self, doses: tuple[Given, ...]) -> tuple[Given, ...]:
        """The doses given that count for it."""
        return counting(doses, self.dimension, self.routes, self.release)


@dataclass(frozen=True, slots=True)
class DailyExcess:
    """What was too much, whether it was "ordered" or "given", and the rows that show it.

    `ranged`: words that go behind the amount where it is the upper end of a range.
    """

    amount: Decimal
    how: str
    entities: tuple[str, ...]
    evidence: dict[str, JsonValue]
    ranged: str = ""


def daily_most(value: Quantity, routes: tuple[Route, ...], release: AskedRelease | None = None) -> DailyMost:
    """The limit made ready for arithmetic. Raises `UnknownUnit`."""
    amount, dimension = base(value.value, value.unit)
    return DailyMost(amount, dimension, frozenset(routes), release)


def daily_excess(
    view: View, ingredient: str, most: DailyMost, *, since: datetime | None = None
) -> tuple[DailyExcess | None, datetime | None]:
    """The excess that stands now, counting doses from `since` on, and when time alone may change it.

    Of what is ordered it counts what can be calculated: that more is ordered in words makes it no less.
    """
    known = levels(view, ingredient, most.routes, most.dimension, most.release)
    review_at = earliest(view.now, *(level.at for level in known))
    standing = level_at(known, view.now)
    ordered: DailyExcess | None = None
    if standing is not None and standing.at_least > most.value:
        listed: dict[str, JsonValue] = {
            "orders": [{"entity": entity, "per_day": plain(share)} for entity, share in standing.shares]
        }
        orders = view.ledger.prescribed.get(ingredient, ())
        ranged = of_orders(orders, standing.entities, view.now)
        ordered = DailyExcess(standing.at_least, "ordered", standing.entities, listed, ranged)
    given, changes = given_excess(view, ingredient, most, since=since)
    review_at = earliest(view.now, review_at, changes)
    if given is None or (ordered is not None and ordered.amount >= given.amount):
        return ordered, review_at
    return given, review_at


def day_stays_below(view: View, further: FurtherDose, most: DailyMost) -> bool | Spaced:
    """Whether the further dose makes no day pass the limit; how far apart doses alike never will."""
    window = _DAY - view.narrowest_tolerance
    spaced = spaced_below(further, most, window, most.value)
    if spaced is not None and not runs_on(further.timeline):
        return spaced
    return stays_below(view.now, further, most, window, view.now - 3 * _DAY)


def given_excess(
    view: View, ingredient: str, most: DailyMost, *, since: datetime | None = None
) -> tuple[DailyExcess | None, datetime | None]:
    """The same of doses alone.

    A scheduled dose counts at its due time, if it was given within the ward's tolerance of it; any other that
    is given early by no more than that is not one of the same day.
    """
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return None, None
    window = _DAY - view.narrowest_tolerance
    first = since - timedelta.resolution if since is not None else view.now - 3 * _DAY
    seen, changes = seen_with_what_runs(view, ingredient, first, 2 * _DAY)
    review_at = earliest(view.now, timeline.next_after(view.now), changes)
    doses: Sequence[Given] = most.under(seen)
    if since is not None:
        doses = tuple(dose for dose in doses if dose.start >= since)
    if not excesses(doses, window, most.value):
        return None, review_at
    doses, window = shortened(view, when_due(view, doses, window), _DAY)
    over = excesses(doses, window, most.value)
    known = [known_from(doses, window, interval.start) for interval in over]
    review_at = earliest(view.now, review_at, *known, *(instant for interval in over for instant in interval))
    standing = (interval for interval, at in zip(over, known, strict=True) if at <= view.now < interval.end)
    current = next(standing, None)
    if current is None:
        return None, review_at
    span = Interval(max(current.start, max(dose.start for dose in doses)), current.end)
    until = span.start if goes_on(view, ingredient, doses) else peak(doses, window, span)[0]
    parts = counted(doses, window, until)
    amount = total(parts)
    entities = tuple(part.dose.entity for part in parts)
    return DailyExcess(
        amount, "given", entities, {"window": shown_window(window, until), "doses": shown_doses(parts)}
    ), review_at
