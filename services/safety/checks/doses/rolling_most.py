"""What doses add up to in a rolling period against the most that an order allows, and when the next one fits.

Doses are taken whole at their start, so that the sum changes only where a dose begins or leaves the period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.base import Severity
from services.safety.checks.amounts.rolling_sum import Counted, Interval, counted, excesses, most, peak, total
from services.safety.checks.amounts.shortened_window import shortened
from services.safety.checks.doses.as_needed_limits import Most
from services.safety.checks.judgement import View, earliest
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given

_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Reached:
    """The doses of the period up to `until`. `over`: above the most, else there is no room for a further one.

    `fits_at`: when there is room for the next dose again, None where that cannot be said or never comes.
    `copies`: the doses that look like another one charted again, without which it would not be as grave.
    """

    amount: Decimal
    until: datetime
    parts: tuple[Counted, ...]
    severity: Severity
    over: bool
    late: bool
    fits_at: datetime | None
    copies: frozenset[str] = frozenset()

    def without(self, copies: frozenset[str], left: Iterable["Reached"]) -> "Reached":
        """One severity lower where nothing as grave is left when the suspected copies are taken away."""
        grave = any(each.over and each.severity.rank >= self.severity.rank for each in left)
        if not self.over or grave or copies.isdisjoint(part.dose.entity for part in self.parts):
            return self
        return replace(self, severity=self.severity.stepped(-1), copies=copies)


@dataclass(frozen=True, slots=True)
class _Excess:
    interval: Interval
    severity: Severity


def reached(
    view: View, counting: Sequence[tuple[Given, Decimal]], limit: Most
) -> tuple[list[Reached], datetime | None]:
    """What to tell now of doses, with what counts of each, and when time alone may change that."""
    policy, now = view.knowledge.policy.dose, view.now
    highest, amount = _highest_and_last(counting, limit.window, now)
    if highest <= limit.value and (not amount or has_room(amount, limit)):
        return [], None
    doses = [
        dose.delivering(Amount(amount, limit.dimension), dose.start, _NO_TIME) for dose, amount in counting
    ]
    leaving = [dose.start + limit.window for dose in doses]
    every = list(_excesses(view, doses, limit))
    edges = (edge for e in every for edge in (*e.interval, e.interval.end + policy.retrospective))
    review_at = earliest(now, *leaving, *edges)
    since = max(at for dose in doses for at in (dose.start, dose.start + limit.window) if at <= now)
    fits_at = _fits_at(doses, limit, now)
    current = [e for e in every if e.interval.holds(now)]
    if current:
        worst = max(current, key=lambda e: e.severity.rank)
        begun = max(dose.start for dose in doses)
        span = Interval(max(worst.interval.start, begun), worst.interval.end)
        return [_over(doses, limit, span, worst.severity, fits_at=fits_at)], review_at
    found: list[Reached] = []
    parts = counted(doses, limit.window, now)
    amount = total(parts)
    if amount and not has_room(amount, limit):
        found.append(Reached(amount, since, parts, Severity.MINOR, False, False, fits_at))
    late = [
        e
        for e in every
        if e.interval.end <= now < e.interval.end + policy.retrospective
        and _known_at(doses, limit, e.interval) >= e.interval.end
    ]
    if late:
        worst = max(late, key=lambda e: (e.severity.rank, e.interval.start))
        span = _recent(worst.interval, limit.window)
        found.append(_over(doses, limit, span, worst.severity.stepped(-1), late=True))
    return found, review_at


def _highest_and_last(
    counting: Sequence[tuple[Given, Decimal]], window: timedelta, now: datetime
) -> tuple[Decimal, Decimal]:
    """The highest sum of any period that ends where a dose begins, and the sum of the one that ends now."""
    highest = running = Decimal(0)
    first = 0
    for dose, amount in counting:
        running += amount
        while counting[first][0].start <= dose.start - window:
            running -= counting[first][1]
            first += 1
        highest = max(highest, running)
    for dose, amount in counting[first:]:
        if dose.start <= now - window:
            running -= amount
    return highest, running


def _excesses(view: View, doses: Sequence[Given], limit: Most) -> Iterable[_Excess]:
    highest = most(doses, limit.window)
    if highest <= limit.value:
        return
    for interval in excesses(*shortened(view, doses, limit.window), limit.value):
        yield _Excess(interval, Severity.MODERATE)
    if highest > limit.hard:
        for interval in excesses(doses, limit.window, limit.hard):
            yield _Excess(interval, Severity.MAJOR)


def _over(
    doses: Sequence[Given],
    limit: Most,
    span: Interval,
    severity: Severity,
    *,
    late: bool = False,
    fits_at: datetime | None = None,
) -> Reached:
    until, amount = peak(doses, limit.window, span)
    return Reached(amount, until, counted(doses, limit.window, until), severity, True, late, fits_at)


def has_room(amount: Decimal, limit: Most) -> bool:
    """Whether anything is left beside an amount, and enough for a dose, if one dose alone is allowed."""
    if amount >= limit.value:
        return False
    least = limit.next_dose
    return least is None or least > limit.value or amount + least <= limit.value


def _fits_at(doses: Sequence[Given], limit: Most, now: datetime) -> datetime | None:
    if limit.next_dose is None or limit.next_dose > limit.value:
        return None
    for at in sorted(dose.start + limit.window for dose in doses):
        if at > now and has_room(total(counted(doses, limit.window, at)), limit):
            return at
    return None


def _recent(interval: Interval, window: timedelta) -> Interval:
    """The last period's length of an excess: all that can still be recomputed while it is shown."""
    return Interval(max(interval.start, interval.end - window), interval.end)


def _known_at(doses: Sequence[Given], limit: Most, interval: Interval) -> datetime:
    parts = counted(doses, limit.window, _recent(interval, limit.window).start)
    return max((part.dose.received_at for part in parts), default=interval.start)
