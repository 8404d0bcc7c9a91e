"""The abrupt stop: the last order of a drug ended after long use, without a taper.

An order ends when it is stopped, expires or is put on hold; a ward's order also with the stay. The finding
stands for a presumed stay after the later of the end and the last dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from schemas.quantities import base
from services.safety.checks.amounts.dose_slots import due_times, scheduled, spacing
from services.safety.checks.judgement import View, earliest
from services.safety.checks.use.exposure import doses_of, orders_of, used_long_enough
from services.safety.checks.wards.stay import discharged_at
from services.safety.knowledge.models import Taper, Withdrawal
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import PRESUMED_STAY, reach

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AbruptStop:
    """The orders that ended, when the last of them did, and whether the last dose is already long ago.

    `reorder_may_follow`: all of them were stopped, and no dose of them falls due for as long as a new order
    may take to follow on a transfer.
    """

    orders: tuple[str, ...]
    ended_at: datetime
    last: Given | None
    wearing_off: bool
    reorder_may_follow: bool


def abrupt_stop(view: View, ingredient: str, row: Withdrawal) -> tuple[AbruptStop | None, datetime | None]:
    """The stop that stands now by a row, and when time may next change that."""
    now = view.now
    orders = orders_of(view, ingredient, row)
    discharge = discharged_at(view)
    ends = {entry.entity: _end(entry, discharge) for entry in orders}
    future = [e.start for e in view.ledger.prescribed.get(ingredient, ()) if e.start > now]
    stays = [i for f in view.ledger.encounters.values() for i in (f.effective_at, f.ends_at)]
    timeline = view.ledger.given.get(ingredient)
    next_dose = timeline.next_after(now) if timeline is not None else None
    review_at = earliest(now, *ends.values(), *future, *stays, next_dose)
    ended = [end for end in ends.values() if end is not None and end <= now]
    if not ended or len(ended) < len(ends):
        return None, review_at
    ended_at = max(ended)
    doses = doses_of(view, ingredient, row)
    last = doses[-1] if doses else None
    stands_until = max(ended_at, last.end if last is not None else ended_at) + PRESUMED_STAY
    if now >= stands_until or not used_long_enough(row, doses, orders, ended_at):
        return None, review_at
    if eased_off(view, ingredient, row, doses):
        return None, review_at
    old_from = last.end + view.knowledge.policy.dose.point_event if last is not None else None
    wearing_off = old_from is not None and old_from <= now
    review_at = earliest(now, review_at, old_from, stands_until)
    if last is not None and last.start > ended_at and not wearing_off:
        return None, review_at
    entities = tuple(entity for entity, end in ends.items() if end == ended_at)
    reorder = not wearing_off and all(
        _waits(view, entry, last) for entry in orders if entry.entity in entities
    )
    return AbruptStop(entities, ended_at, last, wearing_off, reorder), review_at


def eased_off(view: View, ingredient: str, row: Withdrawal, doses: Sequence[Given]) -> bool:
    """Whether the last doses are the end of a taper, where the row knows one."""
    if row.taper is None:
        return False
    shown = _always_in_reach(doses, reach(view.knowledge, ingredient))
    return tapered(row.taper, shown, view.knowledge.policy.dose.tolerance)


def _always_in_reach(doses: Sequence[Given], back: timedelta) -> list[Given]:
    """The doses that are looked at for as long as the stop may stand, so that time alone changes no answer.

    As a rule the order ends within a presumed stay of the last dose, and the finding stands for another one.
    """
    return [dose for dose in doses if dose.start > doses[-1].start - back + 2 * PRESUMED_STAY]


def _waits(view: View, entry: Prescribed, last: Given | None) -> bool:
    """Whether an order was stopped, and of single doses at known times none falls due soon."""
    order, policy = entry.order, view.knowledge.policy
    if order.stopped_at is None or entry.until != order.stopped_at or entry.on_hold:
        return False
    going_on = replace(
        entry, until=None, order=order.model_copy(update={"stopped_at": None, "ends_at": None})
    )
    dosages = scheduled(going_on)
    if not dosages or any(each.rate or not (each.times_of_day or spacing(each)) for each in dosages):
        return False
    since = entry.start - timedelta.resolution
    if last is not None:
        since = last.start + view.tolerance_at(last.start)
    return not due_times(going_on, since, view.now + policy.reorder_within, view.knowledge.zone)


def _end(entry: Prescribed, discharge: datetime | None) -> datetime | None:
    ends = [entry.until]
    if entry.on_hold:
        ends.append(entry.order.recorded_at)
    if not entry.order.community and discharge is not None and entry.start < discharge:
        ends.append(discharge)
    return min((end for end in ends if end is not None), default=None)


def tapered(taper: Taper, doses: Sequence[Given], early: timedelta) -> bool:
    """Whether the days before the last dose fall as gently as the taper asks.

    Days end with the last dose. A fall counts by whichever hour of the day shows the most of it: days that
    end at another one show half of a fall, and the rest a day later. `early` is by how much a dose may come
    before its hour. It has begun long enough ago where every day since was below the highest one before, so
    that a missed dose, or lower days before the full dose came back, begin none. Who never had more than the
    last step needs no taper. Doses without a known amount show no taper.
    """
    step, dimension = base(taper.step.value, taper.step.unit)
    lowest, _ = base(taper.last.value, taper.last.unit)
    if not doses or any(d.amount is None or d.amount.dimension != dimension for d in doses):
        return False
    last = doses[-1].start
    levels = _levels(doses, last, early)
    days = -(-taper.over // _DAY)
    long_enough = max(levels) <= lowest or max(levels[:days]) < max(levels[days:], default=Decimal(0))
    ends = {dose.start for dose in doses if last - dose.start < _DAY}
    steps = (fall for end in ends for fall in _falls(_levels(doses, end, early)))
    return levels[0] <= lowest and long_enough and all(fall <= step for fall in steps)


def _levels(doses: Sequence[Given], end: datetime, early: timedelta) -> list[Decimal]:
    """What was given on each of the days that end with one of the doses, the last day first."""
    days: dict[int, Decimal] = {}
    for dose in doses:
        if dose.amount is not None and dose.start <= end:
            day = (end - dose.start + early) // _DAY
            days[day] = days.get(day, Decimal(0)) + dose.amount.value
    return [days.get(day, Decimal(0)) for day in range(max(days) + 1)]


def _falls(levels: Sequence[Decimal]) -> list[Decimal]:
    return [before - after for after, before in pairwise(levels)]
