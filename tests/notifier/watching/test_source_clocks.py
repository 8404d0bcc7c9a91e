"""A declared source whose clock is off calls somebody, once, until it goes right again."""

import pytest

from schemas.alerts import AlertState
from schemas.issues import SourceHeard, SourcesHeard
from services.notifier.alerts import Alert
from services.notifier.store.identifiers import SYSTEM, SYSTEM_PATIENT, alert_id, key
from services.notifier.watching.heard_sources import HeardSources
from services.notifier.watching.source_clocks import NAME, SourceClockWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS, after
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
SILENCE_S, MOST_S = 900, 120


class Watchman:
    """A watch over clocks, of which the test says how far they are off."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.sources = HeardSources(desk.store)
        self.watch = self.another()

    def another(self) -> SourceClockWatch:
        """The watch of another notifier, or of this one started again."""
        technical = TechnicalAlerts(self.desk.store, self.desk.reader, TIERS, DESK_POLICY)
        return SourceClockWatch(self.desk.store, self.desk.reader, technical)

    async def hears(self, **ahead_s: int | None) -> None:
        """A door says by how much the clock of each source is ahead, and the watch looks."""
        told = tuple(
            SourceHeard(
                source=name,
                at=after(minutes=60),
                maximum_silence_s=SILENCE_S,
                clock_offset_s=ahead,
                maximum_clock_offset_s=MOST_S,
            )
            for name, ahead in ahead_s.items()
        )
        await self.sources.hear(SourcesHeard(at=after(minutes=60), sources=told))
        await self.watch.look()

    async def alerts(self) -> list[Alert]:
        return await self.desk.reader.alerts(closed=True)

    async def alert(self, name: str) -> Alert:
        return await self.desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{NAME}:{name}"))


@pytest.fixture
def watchman(desk: Desk) -> Watchman:
    return Watchman(desk)


async def test_a_clock_may_be_ahead_by_as_much_as_is_allowed(watchman: Watchman) -> None:
    await watchman.hears(ehr=MOST_S, lab=None)
    assert await watchman.alerts() == []
    await watchman.hears(ehr=MOST_S + 1, lab=None)
    alert = await watchman.alert("ehr")
    assert (alert.check, alert.state) == ("technical", AlertState.OPEN)
    assert "The clock of the source ehr is ahead of ours by more than 2 min" in alert.text
    assert len(await watchman.alerts()) == 1


async def test_behind_it_may_be_late_for_as_long_as_it_may_be_silent(watchman: Watchman) -> None:
    await watchman.hears(ehr=-SILENCE_S)
    assert await watchman.alerts() == []
    await watchman.hears(ehr=-SILENCE_S - 1)
    text = (await watchman.alert("ehr")).text
    assert "is behind ours by more than 15 min, or all that it sends is so late" in text


async def test_an_hour_is_mostly_a_time_zone_and_that_is_said(watchman: Watchman) -> None:
    await watchman.hears(ehr=3_590)
    text = (await watchman.alert("ehr")).text
    assert "ahead of ours by about 1 h" in text
    assert "a time zone that is set wrongly" in text


async def test_it_is_told_once_while_it_wavers_and_ends_when_the_clock_is_set(watchman: Watchman) -> None:
    await watchman.hears(ehr=200)
    orders = len(await watchman.desk.orders(SYSTEM_PATIENT))
    await watchman.hears(ehr=260)
    await watchman.hears(ehr=None)
    await watchman.another().look()
    assert len(await watchman.desk.orders(SYSTEM_PATIENT)) == orders
    assert (await watchman.alert("ehr")).state is AlertState.OPEN
    await watchman.hears(ehr=1)
    alert = await watchman.alert("ehr")
    assert alert.state is AlertState.RESOLVED
    assert "has the time again" in alert.text


async def test_a_source_that_is_no_longer_declared_is_watched_no_more(watchman: Watchman) -> None:
    await watchman.hears(ehr=200)
    await watchman.hears(lab=0)
    alert = await watchman.alert("ehr")
    assert alert.state is AlertState.RESOLVED
    assert "no longer declared" in alert.text


async def test_what_was_kept_before_clocks_were_is_read(watchman: Watchman) -> None:
    client = watchman.desk.store.connection.client
    await client.hset(key(SYSTEM, "sources"), "ehr", "1000:900000")
    await watchman.watch.look()
    assert await watchman.alerts() == []
    await watchman.hears(ehr=200)
    assert (await watchman.alert("ehr")).state is AlertState.OPEN
