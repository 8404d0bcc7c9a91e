"""Who is on duty at an instant, who takes over when, and when nobody is on duty.

A rota has layers: where a later layer has somebody on duty, it counts alone; covers count above all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from services.notifier.policy.shifts import Duty, Shift

_MOMENT = timedelta(microseconds=1)


class Layer(Protocol):
    """Duties that are planned in one place."""

    def duties(self, start: datetime, end: datetime) -> Sequence[Duty]:
        """The duties that have a part in `start` to `end`, both aware."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Weekly shifts by the clock of `zone`; those that overlap are on duty together."""

    shifts: tuple[Shift, ...]
    zone: ZoneInfo

    def duties(self, start: datetime, end: datetime) -> Sequence[Duty]:
        return [duty for shift in self.shifts for duty in shift.duties(start, end, self.zone)]


@dataclass(frozen=True, slots=True)
class Cover:
    """`duty.persons` are on duty instead of `instead_of`; instead of everybody where that is empty."""

    duty: Duty
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Rota:
    """The layers of one rota, and who covers for whom."""

    id: str
    layers: tuple[Layer, ...]
    covers: tuple[Cover, ...] = ()

    def on_duty(self, instant: datetime) -> tuple[str, ...]:
        """Who is on duty at an aware instant, each once. Empty: nobody, which is not the same as unknown."""
        return _on_duty(self._layered(instant, instant + _MOMENT), self.covers, instant)

    def timeline(self, start: datetime, end: datetime) -> tuple[Duty, ...]:
        """From `start` to `end` without a hole, who is on duty; a part with no persons is a gap.

        Two parts that follow each other have other persons: between them is a hand-over.
        """
        layered = self._layered(start, end)
        covers = [cover.duty for cover in self.covers]
        edges = {start, end}
        for duty in (*(duty for layer in layered for duty in layer), *covers):
            edges |= {edge for edge in (duty.start, duty.end) if start < edge < end}
        parts = (
            Duty(first, last, _on_duty(layered, self.covers, first))
            for first, last in pairwise(sorted(edges))
        )
        return tuple(_joined(parts))

    def gaps(self, start: datetime, end: datetime) -> tuple[Duty, ...]:
        """When nobody is on duty within `start` to `end`."""
        return tuple(part for part in self.timeline(start, end) if not part.persons)

    def handovers(self, start: datetime, end: datetime) -> tuple[datetime, ...]:
        """The instants within `start` to `end` from which on others are on duty."""
        return tuple(part.start for part in self.timeline(start, end)[1:])

    def _layered(self, start: datetime, end: datetime) -> list[Sequence[Duty]]:
        return [layer.duties(start, end) for layer in self.layers]


def _on_duty(
    layered: Iterable[Sequence[Duty]], covers: Iterable[Cover], instant: datetime
) -> tuple[str, ...]:
    persons: tuple[str, ...] = ()
    for duties in layered:
        present = tuple(person for duty in duties if duty.holds(instant) for person in duty.persons)
        persons = present or persons
    for cover in covers:
        if not cover.duty.holds(instant):
            continue
        if not cover.instead_of:
            persons = cover.duty.persons
        elif cover.instead_of in persons:
            kept = tuple(person for person in persons if person != cover.instead_of)
            persons = (*kept, *cover.duty.persons)
    return tuple(dict.fromkeys(persons))


def _joined(parts: Iterable[Duty]) -> Iterator[Duty]:
    held: Duty | None = None
    for part in parts:
        if held is not None and held.persons == part.persons:
            held = Duty(held.start, part.end, held.persons)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held
