"""The scheduled daily dose of a drug over time, as its orders state it.

What is given as needed, once, or by an order on hold is no part of it. Changes that follow each other within
the ward's tolerance are one change, at the last of them: an order that replaces another, or two orders that
make up one day, are entered one after the other.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.dosage import Dosage
from schemas.medications import Route
from services.safety.checks.amounts.daily_order import DailyPart, in_force, part_of, parts_at
from services.safety.checks.amounts.home_orders import continued
from services.safety.checks.amounts.limits import covers
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.products import AskedRelease, FormRelease
from services.safety.ledger.entries import Prescribed

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Level:
    """From `at` on, `per_day` in base units is scheduled; None where some of it cannot be calculated.

    `shares` are the orders that make it up, each with its part of the day.
    """

    at: datetime
    per_day: Decimal | None
    shares: tuple[tuple[str, Decimal], ...]

    @property
    def at_least(self) -> Decimal:
        """What is scheduled for a day as far as it can be calculated."""
        return sum((share for _, share in self.shares), _NOTHING)

    @property
    def entities(self) -> tuple[str, ...]:
        """The orders that make it up."""
        return tuple(entity for entity, _ in self.shares)


Levels = tuple[Level, ...]
_remembered: Remembered[Levels] = Remembered()


def levels(
    view: View,
    ingredient: str,
    routes: frozenset[Route],
    dimension: str,
    release: AskedRelease | None = None,
) -> Levels:
    """Every level in order, also those that begin after `view.now`; empty without orders.

    With a `release` of the products only of which it is known.
    """
    entries = view.ledger.prescribed.get(ingredient)
    if entries is None:
        return ()
    tolerance = view.knowledge.policy.dose.tolerance
    question = (routes, dimension, tolerance, release)
    return _remembered(
        view.now,
        (entries,),
        question,
        lambda: (_levels(_of_form(entries, release), routes, dimension, tolerance), None),
    )[0]


def _of_form(entries: Sequence[Prescribed], release: AskedRelease | None) -> Sequence[Prescribed]:
    if release is None:
        return entries
    return [entry for entry in entries if FormRelease.counts(entry.release, release)]


def level_at(known: Levels, instant: datetime) -> Level | None:
    """The level that holds at an instant, None before the first."""
    place = bisect_right(known, instant, key=lambda level: level.at)
    return known[place - 1] if place else None


def _levels(
    entries: Sequence[Prescribed], routes: frozenset[Route], dimension: str, tolerance: timedelta
) -> Levels:
    counted = [entry for entry in entries if not entry.on_hold]
    found: list[Level] = []
    for instant in _settled(sorted({i for entry in counted for i in _changes(entry)}), tolerance):
        level = _level(counted, instant, routes, dimension)
        if not found or (level.per_day, level.shares) != (found[-1].per_day, found[-1].shares):
            found.append(level)
    return tuple(found)


def _changes(entry: Prescribed) -> Iterator[datetime]:
    yield entry.start
    if entry.until is not None:
        yield max(entry.until, entry.start)
    for dosage in entry.order.dosages:
        for instant in (dosage.starts_at, dosage.ends_at):
            if instant is not None and instant > entry.start:
                yield instant


def _settled(instants: Sequence[datetime], tolerance: timedelta) -> Iterator[datetime]:
    """The last instant of each run that lies within the tolerance of the run's first."""
    first = last = None
    for instant in instants:
        if first is not None and last is not None and instant - first > tolerance:
            yield last
            first = None
        first = first or instant
        last = instant
    if last is not None:
        yield last


def _level(
    entries: Sequence[Prescribed], instant: datetime, routes: frozenset[Route], dimension: str
) -> Level:
    shares: list[tuple[str, Decimal]] = []
    active = [e for e in entries if e.start <= instant and (e.until is None or instant < e.until)]
    scheduled = tuple(continued(active))
    for entry in scheduled:
        parts = parts_at(entry, instant)[0]
        mine = [part for part in parts if _scheduled(part.dosage) and _counts(part, routes, dimension)]
        if mine:
            shares.append((entry.entity, sum((part.amount for part in mine), _NOTHING)))
    known = all(_calculable(entry, instant, routes) for entry in scheduled)
    amount = sum((share for _, share in shares), _NOTHING) if known else None
    return Level(instant, amount, tuple(shares))


def _calculable(entry: Prescribed, instant: datetime, routes: frozenset[Route]) -> bool:
    """Whether all that an order schedules by the routes can be calculated; what it says of other doses is no
    part of the day.
    """
    dosages = entry.order.dosages
    return bool(dosages) and all(
        part_of(entry, dosage) is not None
        for dosage in dosages
        if _scheduled(dosage) and in_force(dosage, instant) and covers(routes, dosage.route, micro=False)
    )


def _scheduled(dosage: Dosage) -> bool:
    return not dosage.as_needed and not dosage.once


def _counts(part: DailyPart, routes: frozenset[Route], dimension: str) -> bool:
    return part.single.dimension == dimension and covers(routes, part.route, part.single.micro)
