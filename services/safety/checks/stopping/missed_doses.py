"""The missed-dose chain: consecutive due doses of a drug that were not given, since its last dose.

A due dose is missed when it is charted as not done, or when its time has passed by the ward's tolerance and
the source of such facts was still alive after it. A dose given ends the chain, whatever it accounts for, and
whatever was refused up to then. What fell due on leave was not expected here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.safety.checks.amounts.dose_slots import due_times, open_slots, scheduled, shortest_gap, spacing
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.spaced import Spaced
from services.safety.checks.use.exposure import doses_of, orders_of, used_long_enough
from services.safety.checks.wards.leave import leaves, on_leave, told_of_leave
from services.safety.checks.wards.signs_of_life import alive_at
from services.safety.checks.wards.stay import Stay, in_a_known_stay, stay, stays_on
from services.safety.knowledge.models import Withdrawal
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import PRESUMED_STAY

_AHEAD = timedelta(days=2)
"""How far ahead due times are worked out at once; the chain is looked at again then."""
_CLOCKS_CHANGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MissedSlot:
    """A due time that no dose accounts for, missed from `missed_at`; `entity` charted it as not done."""

    due: datetime
    missed_at: datetime
    entity: str | None

    @property
    def stated(self) -> bool:
        """Whether somebody charted that the dose was not given."""
        return self.entity is not None


@dataclass(frozen=True, slots=True)
class MissedChain:
    """The first missed doses that make a chain.

    It is one only if `source` was alive past `silent_since`, the last due time that nobody charted as missed.
    """

    slots: tuple[MissedSlot, ...]
    last: Given | None
    orders: tuple[str, ...]
    source: str
    silent_since: datetime | None
    presumed_stay: bool

    def unheard(self, view: View) -> bool:
        """Whether the source gave no sign of life, so that the absence of doses says nothing."""
        if self.silent_since is None:
            return False
        return not alive_at(view.alive, self.source, self.silent_since + timedelta.resolution)


_remembered: Remembered[MissedChain | None] = Remembered()


def missed_chain(view: View, ingredient: str, row: Withdrawal) -> tuple[MissedChain | None, datetime | None]:
    """The chain that stands now by a row if its source is alive, and when time may next change that."""
    ledger = view.ledger
    doses, orders = ledger.given.get(ingredient), ledger.prescribed.get(ingredient)
    about = (doses, orders, ledger.encounters, told_of_leave(view), row, view.knowledge)
    return _remembered(view.now, about, (), lambda: _missed_chain(view, ingredient, row))


def nothing_missed(view: View, further: FurtherDose, slots: int) -> bool | Spaced:
    """Whether no chain of `slots` missed doses can have stood before a further dose or stand since, in a
    known stay; for a dose of the present, as what is due after it is missed by the tolerance at the soonest.

    A chain that was complete and not told, because the use was too short, has no review: what is missed after
    the dose that ended it has to be looked at anew. False also where a schedule does not say so for certain.
    """
    tolerance, before, start = view.narrowest_tolerance, further.before, further.dose.start
    if view.now > start + tolerance or not before.done or not in_a_known_stay(view):
        return False
    apart = _never_missed_within(further.order, slots, tolerance)
    if apart is None or start - before.start > apart:
        return False
    orders = view.ledger.prescribed[further.dose.ingredient]
    others = [each.start for each in orders if each is not further.order and _makes_due(each, before.start)]
    if any(begins <= view.now for begins in others):
        return False
    ever = not others and stays_on(view)
    if not ever:
        return True
    return Spaced(within=apart + timedelta.resolution, known_by=tolerance, timeless=True)


def _never_missed_within(order: Prescribed, slots: int, tolerance: timedelta) -> timedelta | None:
    """How far apart two doses may be for that many between them not to be missed; None if it is not known."""
    dosages = scheduled(order)
    if len(dosages) != 1 or len(order.by_ward) > 1:
        return None
    apart = spacing(dosages[0])
    if apart is not None:
        return (slots - 1) * apart + tolerance
    if dosages[0].times_of_day:
        return (slots - 1) * shortest_gap(dosages[0]) + tolerance - _CLOCKS_CHANGE
    return None


def _makes_due(entry: Prescribed, after: datetime) -> bool:
    """Whether an order of the ward makes doses due, or will, that are missed after an instant."""
    if entry.on_hold or entry.order.community:
        return False
    return (entry.until is None or entry.until > after) and bool(scheduled(entry))


def _missed_chain(view: View, ingredient: str, row: Withdrawal) -> tuple[MissedChain | None, datetime | None]:
    orders = orders_of(view, ingredient, row)
    ordered = [e for e in orders if not e.as_needed and not e.order.community]
    active = [e for e in ordered if not e.on_hold and (e.until is None or view.now < e.until)]
    review_at = _changes(view, ingredient)
    if not active:
        return None, review_at
    doses = doses_of(view, ingredient, row)
    last = doses[-1] if doses else None
    where, changes = stay(view, last.end if last is not None else None)
    review_at = sooner(review_at, changes)
    if where is None:
        return None, review_at
    back = last.start if last is not None else None
    due = _candidates(view, ingredient, ordered, doses, where)
    away = leaves(view, back) if due else []
    candidates = [slot for slot in due if not on_leave(away, slot.due)]
    chain = candidates[: row.missed_slots]
    if len(chain) < row.missed_slots:
        return None, earliest(view.now, review_at, view.now + _AHEAD)
    complete = max(slot.missed_at for slot in chain)
    if view.now < complete:
        return None, earliest(view.now, review_at, complete)
    ends = complete + PRESUMED_STAY
    until = last.end if last is not None else chain[0].due
    if view.now >= ends or not used_long_enough(row, doses, orders, until):
        return None, review_at
    source = last.source if last is not None else active[0].order.source
    silent_since = max((slot.due for slot in chain if not slot.stated), default=None)
    entities = tuple(entry.entity for entry in active)
    found = MissedChain(tuple(chain), last, entities, source, silent_since, where.presumed)
    return found, earliest(view.now, review_at, ends)


def _changes(view: View, ingredient: str) -> datetime | None:
    """When an order or a dose that is on record will begin, or an order end."""
    timeline = view.ledger.given.get(ingredient)
    instants = [i for e in view.ledger.prescribed.get(ingredient, ()) for i in (e.start, e.until)]
    return earliest(view.now, *instants, timeline.next_after(view.now) if timeline is not None else None)


def _candidates(
    view: View, ingredient: str, orders: Sequence[Prescribed], doses: Sequence[Given], where: Stay
) -> list[MissedSlot]:
    """Due times after the last dose that no dose accounts for, in order, some of them still to come."""
    tolerance_at = view.tolerance_at
    begun = max(dose.start for dose in doses) if doses else where.start - timedelta.resolution
    lookback = begun - 2 * view.widest_tolerance
    slots: list[datetime] = []
    for entry in orders:
        mine = due_times(entry, lookback, view.now + _AHEAD, view.knowledge.zone)
        slots += (
            [slot for slot in mine if all(abs(slot - other) > tolerance_at(slot) for other in slots)]
            if slots
            else mine
        )
    recent = [dose.start for dose in doses if dose.start > lookback - view.widest_tolerance]
    left = [slot for slot in open_slots(sorted(slots), recent, tolerance_at) if slot > begun]
    timeline = view.ledger.given.get(ingredient)
    entries = timeline.overlapping(begun, view.now) if timeline is not None else ()
    refused = [dose for dose in entries if not dose.done and dose.start > begun]
    if not slots:
        return [MissedSlot(d.start, d.start, d.entity) for d in refused]
    stated = _refused(left, refused, tolerance_at)
    return [
        MissedSlot(slot, stated[slot].start, stated[slot].entity)
        if slot in stated
        else MissedSlot(slot, slot + tolerance_at(slot), None)
        for slot in left
    ]


def _refused(
    slots: Sequence[datetime], refused: Sequence[Given], tolerance_at: Callable[[datetime], timedelta]
) -> dict[datetime, Given]:
    """The due times that were charted as not done: each entry accounts for the nearest that is open."""
    stated: dict[datetime, Given] = {}
    for entry in refused:
        left = (slot for slot in slots if slot not in stated)
        near = [slot for slot in left if abs(slot - entry.start) <= tolerance_at(slot)]
        if near:
            stated[min(near, key=lambda slot: (abs(slot - entry.start), slot))] = entry
    return stated
