"""The course of a drug that a patient is in: doses and scheduled orders without a break between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.medications import Route
from services.safety.checks.amounts.limits import covers
from services.safety.checks.judgement import View
from services.safety.ledger.entries import Given, Prescribed

Span = tuple[datetime, datetime | None, str]
"""From when until when an entity is use of a drug; without an end it goes on."""


@dataclass(frozen=True, slots=True)
class Course:
    """In use from `start` to `reached`, which is the present while an order or a dose is `active`."""

    start: datetime
    reached: datetime
    entities: tuple[str, ...]
    active: bool


def course(
    view: View, ingredient: str, routes: frozenset[Route], gap: timedelta
) -> tuple[Course | None, datetime | None]:
    """The course whose last day is less than `gap` ago, and when time alone may next change that.

    A drug ordered as needed is in use only when it is given. Orders on hold are no use of a drug.
    """
    return run(view.now, (*_ordered(view, ingredient, routes), *_given(view, ingredient, routes)), gap)


def run(now: datetime, spans: Iterable[Span], gap: timedelta) -> tuple[Course | None, datetime | None]:
    """The same of any spans."""
    begun: list[Span] = []
    changes: datetime | None = None
    for start, end, entity in spans:
        if start > now:
            changes = start if changes is None else min(changes, start)
        else:
            begun.append((start, end, entity))
    begun.sort(key=lambda span: (span[0], span[2]))
    first: datetime | None = None
    reached: datetime | None = None
    entities: list[str] = []
    for start, end, entity in begun:
        if first is None or (reached is not None and start - reached >= gap):
            first, reached, entities = start, start, []
        entities.append(entity)
        until = now if end is None or end > now else max(end, start)
        reached = until if reached is None else max(reached, until)
        if end is not None and end > now:
            changes = end if changes is None else min(changes, end)
    if first is None or reached is None or now - reached >= gap:
        return None, changes
    active = any(end is None or now < end for _, end, _ in begun)
    over = reached + gap
    if over > now and not active:
        changes = over if changes is None else min(changes, over)
    return Course(first, reached, tuple(dict.fromkeys(entities)), active), changes


def _ordered(view: View, ingredient: str, routes: frozenset[Route]) -> Iterator[Span]:
    for entry in view.ledger.prescribed.get(ingredient, ()):
        if not entry.on_hold and not entry.as_needed and _fits(entry, routes):
            yield entry.start, entry.until, entry.entity


def _given(view: View, ingredient: str, routes: frozenset[Route]) -> Iterator[Span]:
    timeline = view.ledger.given.get(ingredient)
    for dose in timeline.entries if timeline is not None else ():
        if dose.done and covers(routes, dose.route, _micro(dose)):
            yield dose.start, dose.end, dose.entity


def _fits(entry: Prescribed, routes: frozenset[Route]) -> bool:
    return not entry.routes or any(covers(routes, route, micro=False) for route in entry.routes)


def _micro(dose: Given) -> bool:
    return dose.amount is not None and dose.amount.micro
