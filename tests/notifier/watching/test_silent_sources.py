"""A declared source that is silent for too long calls somebody, once, until it speaks again."""

from io import StringIO

import pytest

from schemas.alerts import AlertState
from schemas.issues import SourceHeard, SourcesHeard
from services.notifier.alerts import Alert
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM, SYSTEM_PATIENT, alert_id, key
from services.notifier.watching.heard_sources import HeardSources
from services.notifier.watching.silence import NAME, SilenceWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.broker import Engine
from tests.notifier.builders import DESK_POLICY, TIERS, after, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
LIMIT_S = 900


def heard(**silent_s: float | None) -> SourcesHeard:
    """What a door says: each source with the seconds since it last spoke, None where it never did."""
    return SourcesHeard(
        at=after(minutes=60),
        sources=tuple(
            SourceHeard(
                source=name,
                at=None if seconds is None else after(minutes=60 - seconds / 60),
                maximum_silence_s=LIMIT_S,
            )
            for name, seconds in silent_s.items()
        ),
    )


class Watchman:
    """A watch over sources, of which the test says when they spoke."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.sources = HeardSources(desk.store)
        self.watch = self.another()

    def another(self) -> SilenceWatch:
        """The watch of another notifier, or of this one started again."""
        technical = TechnicalAlerts(self.desk.store, self.desk.reader, TIERS, DESK_POLICY)
        return SilenceWatch(self.desk.store, self.desk.reader, technical)

    async def hears(self, **silent_s: float | None) -> None:
        """A door speaks, and the watch looks."""
        await self.sources.hear(heard(**silent_s))
        await self.watch.look()

    async def time_passes(self, seconds: float) -> None:
        """Nobody says anything for a while, no door either."""
        client = self.desk.store.connection.client
        for name, known in (await self.sources.known()).items():
            earlier = round(known.at_ms - seconds * 1000)
            await client.hset(key(SYSTEM, "sources"), name, f"{earlier}:{known.limit_ms}")
        await self.watch.look()

    async def alerts(self) -> list[Alert]:
        return await self.desk.reader.alerts(closed=True)

    async def alert(self, name: str) -> Alert:
        return await self.desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{NAME}:{name}"))


@pytest.fixture
def watchman(desk: Desk) -> Watchman:
    return Watchman(desk)


async def test_a_source_may_be_silent_as_long_as_it_is_allowed_to(watchman: Watchman) -> None:
    await watchman.hears(ehr=LIMIT_S - 5, lab=0)
    assert await watchman.alerts() == []
    await watchman.hears(ehr=LIMIT_S + 1, lab=0)
    assert await watchman.alerts() == [], "that door heard less than the one before"
    await watchman.time_passes(6)
    alert = await watchman.alert("ehr")
    assert (alert.check, alert.state) == ("technical", AlertState.OPEN)
    assert "Not a word from the source ehr for more than 15 minutes" in alert.text
    assert "feed-silent" in alert.text
    assert len(await watchman.alerts()) == 1


async def test_it_is_told_once_and_ends_when_the_source_speaks_again(watchman: Watchman) -> None:
    await watchman.hears(ehr=LIMIT_S + 1)
    orders = len(await watchman.desk.orders(SYSTEM_PATIENT))
    await watchman.hears(ehr=LIMIT_S + 61)
    await watchman.another().look()
    assert len(await watchman.desk.orders(SYSTEM_PATIENT)) == orders
    await watchman.hears(ehr=3)
    assert (await watchman.alert("ehr")).state is AlertState.RESOLVED
    await watchman.time_passes(LIMIT_S)
    alert = await watchman.alert("ehr")
    assert (alert.episode, alert.state) == (2, AlertState.OPEN)


async def test_when_no_door_speaks_every_source_is_missed(watchman: Watchman) -> None:
    await watchman.hears(ehr=0, lab=None)
    assert await watchman.alerts() == [], "one that never spoke has the same time to begin"
    await watchman.time_passes(LIMIT_S + 1)
    assert {(await watchman.alert(name)).state for name in ("ehr", "lab")} == {AlertState.OPEN}


async def test_a_door_that_starts_again_and_again_does_not_hide_a_silence(watchman: Watchman) -> None:
    await watchman.hears(ehr=LIMIT_S - 5)
    await watchman.hears(ehr=None)
    await watchman.time_passes(6)
    assert (await watchman.alert("ehr")).state is AlertState.OPEN


async def test_a_source_that_is_no_longer_declared_is_no_longer_missed(watchman: Watchman) -> None:
    await watchman.hears(ehr=LIMIT_S + 1, lab=0)
    watchman.watch = watchman.another()
    await watchman.hears(lab=0)
    alert = await watchman.alert("ehr")
    assert alert.state is AlertState.RESOLVED
    assert "no longer declared" in alert.text


@pytest.mark.embedded
async def test_what_a_door_says_on_kafka_calls_somebody_and_holds_up_no_finding(
    settings: Settings, pager: Pager, desk: Desk
) -> None:
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(heard(ehr=LIMIT_S + 1), finding())
        await until(desk, lambda alert: bool(alert.told))
        pages = [received.content["check"] for received in await pager.until(2)]
    assert sorted(pages) == ["cumulative-dose", "technical"]
