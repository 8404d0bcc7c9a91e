"""A sorted, immutable run of timed entries that shares nothing mutable with its earlier versions.

Entries are ordered by (start, entity). One timeline holds one ingredient or one kind of observation within
the ledger's horizon, so it stays short however long the stay is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Generic, Protocol, TypeVar


class Timed(Protocol):
    """An entry: belongs to an entity, starts, and may last."""

    @property
    def entity(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def lasts(self) -> timedelta: ...


_NOTHING = timedelta(0)
_start: Callable[[Timed], datetime] = attrgetter("start")
_order: Callable[[Timed], tuple[datetime, str]] = attrgetter("start", "entity")


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """Entries in order, and the longest duration among them (how far back an overlap may begin)."""

    entries: tuple[T, ...] = ()
    longest: timedelta = _NOTHING

    def with_entry(self, entry: T) -> "Timeline[T]":
        """This timeline with one entry more."""
        entries = self.entries
        longest = max(self.longest, entry.lasts)
        if not entries or (entries[-1].start, entries[-1].entity) <= (entry.start, entry.entity):
            return Timeline((*entries, entry), longest)
        place = bisect_right(entries, (entry.start, entry.entity), key=_order)
        return Timeline((*entries[:place], entry, *entries[place:]), longest)

    def without_entity(self, entity: str, start: datetime) -> "Timeline[T]":
        """This timeline without the entries of an entity that start at `start`."""
        first = bisect_left(self.entries, (start, entity), key=_order)
        last = first
        while last < len(self.entries) and _order(self.entries[last]) == (start, entity):
            last += 1
        return self._of((*self.entries[:first], *self.entries[last:]), self.entries[first:last])

    def since(self, instant: datetime) -> "Timeline[T]":
        """Only the entries that start at or after `instant`."""
        first = bisect_left(self.entries, instant, key=_start)
        return self if first == 0 else self._of(self.entries[first:], self.entries[:first])

    def before(self, instant: datetime) -> tuple[T, ...]:
        """The entries that start before `instant`."""
        return self.entries[: bisect_left(self.entries, instant, key=_start)]

    def overlapping(self, after: datetime, until: datetime) -> tuple[T, ...]:
        """Entries that may lie partly in (after, until]: started by `until`, not surely over by `after`."""
        entries = self.entries
        if not entries or entries[-1].start <= after - self.longest:
            return ()
        first = bisect_left(entries, after - self.longest, key=_start)
        if entries[-1].start <= until:
            return entries[first:] if first else entries
        return entries[first : bisect_right(entries, until, key=_start)]

    def latest(self, until: datetime) -> T | None:
        """The last entry that started by `until`."""
        count = self.started(until)
        return self.entries[count - 1] if count else None

    def next_after(self, instant: datetime) -> datetime | None:
        """When the first entry starts that starts after `instant`."""
        entries = self.entries
        if not entries or entries[-1].start <= instant:
            return None
        return entries[bisect_right(entries, instant, key=_start)].start

    def started(self, until: datetime) -> int:
        """How many entries started by `until`."""
        entries = self.entries
        if not entries or entries[-1].start <= until:
            return len(entries)
        return bisect_right(entries, until, key=_start)

    def _of(self, entries: tuple[T, ...], gone: tuple[T, ...]) -> "Timeline[T]":
        longest = self.longest
        if longest and any(entry.lasts == longest for entry in gone):
            longest = max((entry.lasts for entry in entries), default=_NOTHING)
        return Timeline(entries, longest)
