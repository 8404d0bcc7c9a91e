"""The scheduled doses of a drug that are still due, and how much each will be.

A dose, given or charted as not given, accounts for the nearest open due time of its own order, or of any
order where it names none, within the ward's tolerance. A due time that nothing accounts for stays due for
that tolerance. Of orders linked as alternatives, and of equal doses due at one instant by different routes,
one counts. Home medication and orders on hold have no due times here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.clinical import Route
from services.safety.checks.daily_order import part_of
from services.safety.checks.dose_slots import dosage_times, scheduled
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given, Prescribed


@dataclass(frozen=True, slots=True)
class DueDose:
    """One dose that an order makes due at `at`; `amount` at the upper end of a range."""

    at: datetime
    entry: Prescribed
    amount: Amount
    route: Route


_Schedule = tuple[DueDose, ...]
_remembered: Remembered[_Schedule] = Remembered(20_000)


def due_within(view: View, entries: tuple[Prescribed, ...], before: timedelta, ahead: timedelta) -> _Schedule:
    """The due doses from `before` the present to `ahead` of it, in order.

    The schedule is worked out for half as long again and kept until the orders change or that is used up.
    """
    now, zone = view.now, view.knowledge.zone.key
    kept, _ = _remembered(
        now,
        (entries,),
        (before, ahead, zone),
        lambda: (tuple(due_doses(view, entries, now - before, now + ahead * 3 / 2)), now + ahead / 2),
    )
    first = bisect_right(kept, now - before, key=_at)
    return kept[first : bisect_right(kept, now + ahead, key=_at)]


def _at(due: DueDose) -> datetime:
    return due.at


def due_doses(view: View, entries: Iterable[Prescribed], after: datetime, until: datetime) -> list[DueDose]:
    """Every due dose in (after, until] whose amount is known, in order."""
    found = []
    for entry in entries:
        if entry.on_hold or entry.order.community:
            continue
        for dosage in scheduled(entry):
            part = part_of(entry, dosage)
            if part is None:
                continue
            found += [
                DueDose(at, entry, part.single, part.route)
                for at in dosage_times(entry, dosage, after, until, view.knowledge.zone)
            ]
    return _one_of_each(sorted(found, key=lambda due: (due.at, due.entry.entity)))


def _one_of_each(due: Sequence[DueDose]) -> list[DueDose]:
    """Without what is due instead of something else: of a link the order with the most."""
    linked: dict[str, dict[str, Decimal]] = {}
    for each in due:
        link = each.entry.order.alternatives
        if link is not None:
            sums = linked.setdefault(link, {})
            sums[each.entry.entity] = sums.get(each.entry.entity, Decimal(0)) + each.amount.value
    most = {link: max(sorted(sums), key=sums.__getitem__) for link, sums in linked.items()}
    left: list[DueDose] = []
    routes: dict[tuple[datetime, Decimal], Route] = {}
    for each in due:
        link = each.entry.order.alternatives
        instead = link is not None and most[link] != each.entry.entity
        if not instead and routes.setdefault((each.at, each.amount.value), each.route) is each.route:
            left.append(each)
    return left


def still_due(due: Sequence[DueDose], doses: Iterable[Given], tolerance: timedelta) -> list[DueDose]:
    """The due doses that no dose accounts for."""
    left = list(due)
    for dose in sorted(doses, key=lambda dose: (dose.order is None, dose.start, dose.entity)):
        near = [
            each
            for each in left
            if abs(each.at - dose.start) <= tolerance and dose.order in (None, each.entry.entity)
        ]
        if near:
            left.remove(min(near, key=lambda each: (abs(each.at - dose.start), each.at, each.entry.entity)))
    return left
