"""Plays the ward day: the history at once, then the day on an accelerated clock.

The clock is the story's, so a slow machine changes nothing in what is judged. It waits where something is
expected to have happened by then (a page delivered, an answer given), but not for ever: what does not come is
told at the end.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.intake.door import Door
from services.intake.ordering import with_unreadable
from services.intake.reading import Event, Reading
from services.launcher.ward_day.expected import Wait
from services.launcher.watching import AlertWatch
from services.notifier.stopping import Stop

PATIENCE_S = 20.0
"""How long the day's clock waits at one place, in seconds of the wall."""

Tell = Callable[[Event], None]


class Publisher(Protocol):
    """The way into Kafka (services/intake/publisher.py)."""

    async def publish(self, reading: Reading, event: Event | None) -> None:
        """Take a reading and what it states."""

    async def flush(self) -> None:
        """Send what was taken and await Kafka's word."""


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the day, at its receipt."""

    at: datetime
    reading: Reading
    event: Event


def due(readings: Iterable[Reading], door: Door) -> list[Due]:
    """The lines that state something, with what a rejected one leaves in its patient's ledger."""
    stated = with_unreadable(readings, door)
    return [Due(event.received_at, reading, event) for reading, event in stated if event is not None]


class Player:
    """`now` is the story's clock; `waiting_for` names what it waits for at the moment."""

    def __init__(self, lines: Sequence[Due], begins: datetime, ends: datetime, day_s: float) -> None:
        self._history = [line for line in lines if line.at < begins]
        self._day = [line for line in lines if line.at >= begins]
        self._pace_s = day_s / ((ends - begins) / timedelta(seconds=1))
        self.now = begins
        self.waiting_for = ""
        self.published = 0

    async def tell_history(self, publisher: Publisher) -> int:
        """Publish what lies before the day, as fast as it goes; how many lines."""
        for line in self._history:
            await publisher.publish(line.reading, line.event)
        await publisher.flush()
        self.published += len(self._history)
        return len(self._history)

    async def play(
        self, publisher: Publisher, tell: Tell, waits: Sequence[Wait], watch: AlertWatch, stop: Stop
    ) -> None:
        """Publish the day, line by line, each at its time."""
        ahead = sorted(waits, key=lambda wait: wait.at)
        for line in self._day:
            while ahead and ahead[0].at <= line.at and not stop:
                wait = ahead.pop(0)
                await self._come_to(wait.at, stop)
                await self._hold(wait, watch, stop)
            await self._come_to(line.at, stop)
            if stop:
                return
            tell(line.event)
            await publisher.publish(line.reading, line.event)
            await publisher.flush()
            self.published += 1
        for wait in ahead:
            await self._hold(wait, watch, stop)

    async def _come_to(self, at: datetime, stop: Stop) -> None:
        seconds = (at - self.now) / timedelta(seconds=1) * self._pace_s
        if seconds > 0:
            await stop.sleep(seconds)
        self.now = max(self.now, at)

    async def _hold(self, wait: Wait, watch: AlertWatch, stop: Stop) -> None:
        self.waiting_for = wait.expected.name
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not stop and not wait.over(watch.seen()):
                    await stop.or_else(watch.looked())
        except TimeoutError:
            return
        finally:
            self.waiting_for = ""
