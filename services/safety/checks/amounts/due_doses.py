"""The scheduled doses of a drug that are still due, and how much each will be.

A dose, given or charted as not given, accounts for the nearest open due time of its own order, or of any
order where it names none, within the ward's tolerance. A due time that nothing accounts for stays due for
that tolerance. Of orders linked as alternatives, and of equal doses due at one instant by different routes,
one counts. Home medication and orders on hold have no due times here.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from schemas.medications import Route
from services.safety.checks.amounts.daily_order import part_of
from services.safety.checks.amounts.dose_slots import dosage_times, scheduled
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


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The due doses up to `until`, in order; `chosen_until` is set where linked orders were chosen from.

    At `ends` it is made anew.
    """

    due: tuple[DueDose, ...]
    until: datetime
    ends: datetime
    chosen_until: datetime | None

    def between(self, after: datetime, until: datetime) -> Sequence[DueDose]:
        """The doses that are due in (after, until]."""
        return self.due[bisect_right(self.due, after, key=_at) : bisect_right(self.due, until, key=_at)]

    def next_after(self, instant: datetime) -> datetime | None:
        """When the first dose is due that is due after an instant."""
        place = bisect_right(self.due, instant, key=_at)
        return self.due[place].at if place < len(self.due) else None


def _at(due: DueDose) -> datetime:
    return due.at


_WINDOWS = 5
"""For so many windows a schedule is made at once: most of what it costs is the beginning."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_remembered: Remembered[Schedule] = Remembered(20_000)


def scheduled_doses(
    view: View, entries: tuple[Prescribed, ...], before: timedelta, window: timedelta
) -> Schedule:
    """The due doses from `before` the present to two windows ahead of it at least.

    Time is divided into spans, so that the schedule stays the same for one of them and is then made anew. Of
    linked orders the one with the most is chosen anew each window.
    """
    about, key = (entries,), (id(entries), before, window, view.knowledge.zone.key)
    known = _remembered.known(view.now, key)
    if known is not None:
        return known[0]
    linked = any(entry.order.alternatives is not None for entry in entries)
    span = window if linked else _WINDOWS * window
    ends = view.now - (view.now - _EPOCH) % span + span
    until = ends + 2 * window
    made = Schedule(
        tuple(due_doses(view, entries, ends - span - before, until)), until, ends, ends if linked else None
    )
    return _remembered.keep(view.now, key, about, made, ends)[0]


def due_doses(view: View, entries: Iterable[Prescribed], after: datetime, until: datetime) -> list[DueDose]:
    """Every due dose in (after, until] whose amount is known, in order."""
    parts = [
        (entry, dosage, part)
        for entry in entries
        if not (entry.on_hold or entry.order.community)
        for dosage in scheduled(entry)
        if (part := part_of(entry, dosage)) is not None
    ]
    found = [
        DueDose(at, entry, part.single, part.route)
        for entry, dosage, part in parts
        for at in dosage_times(entry, dosage, after, until, view.knowledge.zone)
    ]
    if len(parts) < 2:
        return found
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


def still_due(
    due: Sequence[DueDose], doses: Iterable[Given], tolerance_at: Callable[[datetime], timedelta]
) -> list[DueDose]:
    """The due doses that no dose accounts for."""
    left = list(due)
    for dose in sorted(doses, key=lambda dose: (dose.order is None, dose.start, dose.entity)):
        near = [
            each
            for each in left
            if abs(each.at - dose.start) <= tolerance_at(each.at) and dose.order in (None, each.entry.entity)
        ]
        if near:
            left.remove(min(near, key=lambda each: (abs(each.at - dose.start), each.at, each.entry.entity)))
    return left
