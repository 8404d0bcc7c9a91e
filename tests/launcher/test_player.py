"""The day is played in order, at its pace, and waits where something is expected to have happened."""

import asyncio
from datetime import timedelta

from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Event, Reading
from services.launcher.alert_words import Step
from services.launcher.player import Player, due
from services.launcher.ward_day import EVENTS, TELLING
from services.launcher.ward_day.expected import Expected, Seen, Wait
from services.launcher.ward_day.telling import read_telling
from services.launcher.watching import AlertWatch
from services.notifier.stopping import Stop

TELLING_OF_THE_DAY = read_telling(TELLING)
MOMENT = TELLING_OF_THE_DAY.begins + timedelta(hours=2, minutes=30)
EXPECTED = Expected.model_validate(
    {"bed": "bed-1", "check": "single-dose", "severity": "moderate", "becomes": ["raised"]}
)


class Log:
    """Remembers what it is given, in order."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def publish(self, reading: Reading, event: Event | None) -> None:
        assert event is not None
        self.events.append(event)

    async def flush(self) -> None:
        """Nothing waits here."""


class Sight(AlertWatch):
    """A watch that sees what the test tells it to."""

    def __init__(self) -> None:
        self.told: list[Seen] = []
        self.asked = asyncio.Event()
        self._looked = asyncio.Condition()

    def seen(self) -> list[Seen]:
        return self.told

    async def looked(self) -> None:
        async with self._looked:
            self.asked.set()
            await self._looked.wait()

    async def see(self, seen: Seen) -> None:
        self.told.append(seen)
        async with self._looked:
            self._looked.notify_all()


def _player() -> Player:
    door = Door()
    lines = due(read("events", [EVENTS], door), door)
    return Player(lines, TELLING_OF_THE_DAY.begins, TELLING_OF_THE_DAY.ends, day_s=0.001)


async def test_the_whole_story_is_published_in_order_and_only_the_day_is_told() -> None:
    player, log, told = _player(), Log(), list[Event]()
    history = await player.tell_history(log)
    await player.play(log, told.append, [], Sight(), Stop())
    received = [event.received_at for event in log.events]
    assert received == sorted(received)
    assert len(log.events) == player.published == history + len(told)
    assert min(event.received_at for event in told) >= TELLING_OF_THE_DAY.begins
    assert player.now == TELLING_OF_THE_DAY.ends


async def test_the_clock_stands_still_until_what_is_expected_has_happened() -> None:
    player, log, sight = _player(), Log(), Sight()
    wait = Wait(MOMENT, EXPECTED, 1)
    playing = asyncio.create_task(player.play(log, lambda event: None, [wait], sight, Stop()))
    async with asyncio.timeout(30):
        await sight.asked.wait()
    assert player.now == MOMENT
    assert all(event.received_at < MOMENT for event in log.events)
    await sight.see(Seen("bed-1", "single-dose", frozenset(), "", "", "moderate", (Step.RAISED,)))
    async with asyncio.timeout(30):
        await playing
    assert player.now == TELLING_OF_THE_DAY.ends


async def test_a_stop_ends_the_day_at_once_even_while_it_waits() -> None:
    player, sight, stop = _player(), Sight(), Stop()
    playing = asyncio.create_task(
        player.play(Log(), lambda event: None, [Wait(MOMENT, EXPECTED, 1)], sight, stop)
    )
    async with asyncio.timeout(30):
        await sight.asked.wait()
        stop.set()
        await playing
    assert player.now == MOMENT
