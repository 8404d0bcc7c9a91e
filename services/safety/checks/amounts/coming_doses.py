"""The doses due that count for one limit, summed up once, and whether they can pass it with those given."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.dosage import Dosage
from services.safety.checks.amounts.daily_order import doses_within, part_of
from services.safety.checks.amounts.dose_slots import scheduled, spacing
from services.safety.checks.amounts.due_doses import DueDose, Schedule, scheduled_doses
from services.safety.checks.amounts.limits import Rule
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.ledger.entries import Given, Prescribed

_NOTHING = Decimal(0)
_CLOCKS_CHANGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Coming:
    """`sums[n]` is the amount of the first n doses, `most` the largest amount due within one window.

    `due` are those of the `schedule` that count for the limit.
    """

    schedule: Schedule
    due: tuple[DueDose, ...]
    sums: tuple[Decimal, ...]
    most: Decimal

    def since(self, instant: datetime) -> int:
        """The place of the first dose that is due after an instant."""
        return bisect_right(self.due, instant, key=_at)

    def stays_below(self, rule: Rule, doses: tuple[Given, ...], after: datetime) -> bool:
        """Whether no window passes the limit even if all that is due after an instant is given.

        `doses` were given in the window before the present; those that do not count for the rule do no harm,
        nor does one that was due and is counted twice.
        """
        amounts = [dose.amount.value for dose in doses if dose.amount is not None]
        left = sum(amounts, _NOTHING)
        if left + self.most <= rule.value:
            return True
        ends = sorted((dose.end, dose.amount.value) for dose in rule.under(doses) if dose.amount is not None)
        left = sum((amount for _, amount in ends), _NOTHING)
        due, sums = self.due, self.sums
        gone, first = 0, self.since(after)
        for place in range(first, len(due)):
            begins = due[place].at - rule.longest
            while gone < len(ends) and ends[gone][0] <= begins:
                left -= ends[gone][1]
                gone += 1
            if gone == len(ends) and self.most <= rule.value:
                break
            while due[first].at <= begins:
                first += 1
            if left + sums[place + 1] - sums[first] > rule.value:
                return False
        return True


_remembered: Remembered[Coming] = Remembered(20_000)


def coming(view: View, entries: tuple[Prescribed, ...], rule: Rule) -> Coming:
    """What the orders of a drug make due that counts for a rule, from the widest tolerance before now on."""
    key = (id(entries), id(rule), id(view.knowledge))
    known = _remembered.known(view.now, key)
    if known is None:
        schedule = scheduled_doses(view, entries, view.knowledge.tolerances[1], rule.window)
        about = (entries, rule, view.knowledge)
        known = _remembered.keep(view.now, key, about, _coming(schedule, rule), schedule.ends)
    return known[0]


def _coming(schedule: Schedule, rule: Rule) -> Coming:
    counts: dict[tuple[object, ...], bool] = {}
    counted: list[DueDose] = []
    for each in schedule.due:  # as a rule they are all of one kind
        kind = (id(each.amount), each.route, id(each.entry))
        if kind not in counts:
            counts[kind] = rule.counts(each.amount, each.route, each.entry.release)
        if counts[kind]:
            counted.append(each)
    due = tuple(counted)
    sums = [_NOTHING]
    for each in due:
        sums.append(sums[-1] + each.amount.value)
    most, first = _NOTHING, 0
    for place, each in enumerate(due):
        while due[first].at <= each.at - rule.longest:
            first += 1
        most = max(most, sums[place + 1] - sums[first])
    return Coming(schedule, due, tuple(sums), most)


_ever: Remembered[Decimal] = Remembered(20_000)


def most_ever(view: View, entries: tuple[Prescribed, ...], rule: Rule) -> Decimal:
    """At least the most that the orders of a drug make due within one window of a rule, now or ever.

    As a rule that is far below the limit, and no schedule has to be made.
    """
    key = (id(entries), id(rule))
    known = _ever.known(view.now, key)
    if known is None:
        known = _ever.keep(view.now, key, (entries, rule), _most_ever(entries, rule, view.now), None)
    return known[0]


def _most_ever(entries: tuple[Prescribed, ...], rule: Rule, now: datetime) -> Decimal:
    """Where clocks go forward, the clock times of a window may be those of an hour more."""
    most = _NOTHING
    for entry in entries:
        if not _makes_due(entry) or (entry.until is not None and entry.until <= now):
            continue
        for dosage in scheduled(entry):
            part = part_of(entry, dosage)
            doses = _most_within(entry, dosage, rule.longest)
            counts = part is not None and rule.counts(part.single, part.route, entry.release)
            if part is not None and counts and doses is not None:
                most += part.single.value * doses
    return most


def _most_within(entry: Prescribed, dosage: Dosage, window: timedelta) -> Decimal | None:
    """How many doses a window may hold at most, on all wards in turn."""
    place = next(n for n, each in enumerate(entry.order.dosages) if each is dosage)
    total: Decimal | None = _NOTHING
    for each in [on_ward.dosages[place] for on_ward in entry.by_ward] or [dosage]:
        doses = doses_within(each, window + _CLOCKS_CHANGE if each.times_of_day else window)
        total = None if total is None or doses is None else total + doses
    return total


class Evenly(NamedTuple):
    """Doses of `amount`, in the base unit of its dimension, due so far apart from each other."""

    amount: Decimal
    every: timedelta


def evenly_due(entries: tuple[Prescribed, ...]) -> Evenly | None:
    """What the orders of a drug make due, if it is one dosage without clock times and of a known amount."""
    dosages = [(entry, dosage) for entry in entries if _makes_due(entry) for dosage in scheduled(entry)]
    if len(dosages) != 1 or dosages[0][0].by_ward:
        return None
    part, every = part_of(*dosages[0]), spacing(dosages[0][1])
    return Evenly(part.single.value, every) if part is not None and every is not None else None


def _makes_due(entry: Prescribed) -> bool:
    return not (entry.on_hold or entry.order.community)


def _at(due: DueDose) -> datetime:
    return due.at
