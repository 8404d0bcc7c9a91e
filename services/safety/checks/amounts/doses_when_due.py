"""Doses given that account for a due time of their order, with that time: by it, too, they are counted.

House rule: a scheduled dose within the ward's tolerance of its due time counts at that time. So in a rolling
window it counts only if both the time at which it was given and its due time lie inside, which never makes a
sum larger than what was given; on a calendar day it counts if it was due on that day.

A dose takes the due time that is nearest to it, and a due time the dose that is nearest to it, one for each
order; whatever else is given counts when it was given. So a dose that is added takes a due time from another
one at most and leaves all others as they were: no sum becomes smaller by it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.safety.checks.amounts.dose_slots import dosage_times, due_every, nearest_time, scheduled
from services.safety.checks.amounts.rolling_sum import entered
from services.safety.checks.judgement import View
from services.safety.ledger.entries import Given, Prescribed, WhenDue

_NO_TIME = timedelta(0)
_SHORT = 8


@dataclass(frozen=True, slots=True)
class _DueTimes:
    """By order, and of all of them, in order; `leaving`: as how old each of them leaves a window."""

    of: Mapping[str, Sequence[datetime]]
    every: Sequence[datetime]
    leaving: Mapping[datetime, datetime]

    def nearest(self, view: View, dose: Given) -> datetime | None:
        """The due time of its order, or of any where it names none, that a dose may account for."""
        times = self.every if dose.order is None else self.of.get(dose.order, ())
        place = bisect_left(times, dose.start)
        near = times[max(0, place - 1) : place + 1]
        best = min(near, key=lambda at: (abs(at - dose.start), at), default=None)
        return best if best is not None and abs(best - dose.start) <= view.tolerance_at(best) else None

    def orders_at(self, at: datetime) -> int:
        """How many orders are due at one of the due times."""
        return sum(at in times for times in self.of.values())


def minutes_matter(window: timedelta, tolerance: timedelta) -> bool:
    """Whether a window is so short that every dose counts in it when it was given."""
    return window < _SHORT * tolerance


def when_due(
    view: View, doses: Sequence[Given], window: timedelta, *, by_calendar: bool = False
) -> Sequence[Given]:
    """The doses of one ingredient, those with a due time by it, in the order in which they enter a window.

    `doses` are in order of their start. One that lasts for longer than the tolerance, or lasts at all
    where days count, keeps its time.
    """
    entries = view.ledger.prescribed.get(doses[0].ingredient) if doses else None
    if entries is None or minutes_matter(window, view.knowledge.house.tolerance):
        return doses
    times = _due_times(view, entries, doses, window)
    if not times.every:
        return doses
    brief = [d for d in doses if d.lasts <= (_NO_TIME if by_calendar else view.tolerance_at(d.start))]
    taken = _taken(view, brief, times)
    if not taken:
        return doses
    found: list[Given] = []
    for dose in doses:
        at = taken.get(id(dose))
        if at is None:
            found.append(dose)
        elif by_calendar:
            found.append(dose._replace(due=WhenDue(at, at, at)))
        else:
            enters, leaves = max(dose.start, at), min(dose.start, times.leaving[at])
            found.append(dose._replace(due=WhenDue(at, enters, leaves)))
    return sorted(found, key=entered)


def alone_when_due(view: View, dose: Given, window: timedelta) -> Given:
    """The same of one dose beside which no other is looked at.

    As a rule its order is for one dose every so often, and the two due times about it are soon found.
    """
    entries = view.ledger.prescribed.get(dose.ingredient, ())
    mine = [entry for entry in entries if entry.entity == dose.order]
    even = due_every(mine[0]) if len(mine) == 1 and not mine[0].by_ward else None
    tolerance = view.tolerance_at(dose.start)
    if even is None or dose.lasts > tolerance or minutes_matter(window, view.knowledge.house.tolerance):
        return when_due(view, (dose,), window)[0]
    at = nearest_time(mine[0], even.dosage, even.step, dose.start)
    if at is None or abs(at - dose.start) > view.tolerance_at(at):
        return dose
    return dose._replace(due=WhenDue(at, max(dose.start, at), min(dose.start, at)))


def is_on_time(view: View, dose: Given, order: Prescribed) -> bool:
    """Whether a dose at one instant accounts for a due time of its order, for one dose every so often. Not
    known where wards have rules of their own.
    """
    even = due_every(order) if view.wards is None else None
    at = nearest_time(order, even.dosage, even.step, dose.start) if even is not None else None
    return at is not None and abs(at - dose.start) <= view.knowledge.house.tolerance


def _taken(view: View, doses: Iterable[Given], times: _DueTimes) -> dict[int, datetime]:
    """By the identity of a dose, the due time that it accounts for."""
    claims: dict[datetime, list[Given]] = {}
    for dose in doses:
        at = times.nearest(view, dose)
        if at is not None:
            claims.setdefault(at, []).append(dose)
    taken: dict[int, datetime] = {}
    for at, claimants in claims.items():
        if len(claimants) == 1:
            taken[id(claimants[0])] = at
            continue
        served: set[str] = set()
        room = times.orders_at(at)
        claimants.sort(key=lambda dose: (dose.order is None, abs(dose.start - at), dose.start, dose.entity))
        for dose in claimants:
            if room and dose.order not in served:
                taken[id(dose)] = at
                room -= 1
                if dose.order is not None:
                    served.add(dose.order)
    return taken


def _due_times(
    view: View, entries: Iterable[Prescribed], doses: Sequence[Given], window: timedelta
) -> _DueTimes:
    """The due times about the doses. An order that rests now was due before: that it rests moves no dose.

    Where clocks go forward within the window after a due time that they tell, the same time of the day comes
    an hour sooner, and so the dose leaves the window with it.
    """
    tolerance = view.widest_tolerance
    after, until = doses[0].start - tolerance - timedelta.resolution, doses[-1].start + tolerance
    of: dict[str, list[datetime]] = {}
    leaving: dict[datetime, datetime] = {}
    for entry in entries:
        if entry.order.community:
            continue
        mine: set[datetime] = set()
        for dosage in scheduled(entry):
            for at in dosage_times(entry, dosage, after, until, view.knowledge.zone):
                mine.add(at)
                leaving[at] = at
                if dosage.times_of_day:
                    zone = view.zone_at(at)
                    then = (at + window).astimezone(zone).utcoffset()
                    shift = (then or _NO_TIME) - (at.astimezone(zone).utcoffset() or _NO_TIME)
                    leaving[at] = at - max(shift, _NO_TIME)
        if mine:
            of[entry.entity] = sorted(mine)
    return _DueTimes(of, sorted(leaving), leaving)
