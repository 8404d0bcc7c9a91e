"""Being unable to look is told like a finding: silent partitions, records that could not be taken."""

import pytest

from schemas.alerts import AlertState
from schemas.base import TimeDomain
from services.notifier.alerts import Alert
from services.notifier.findings.change import Origin
from services.notifier.findings.partitions import Partitions
from services.notifier.store.alert_store import Heard
from services.notifier.store.identifiers import SYSTEM, SYSTEM_PATIENT, alert_id, key
from services.notifier.watching.heartbeats import NAME, HeartbeatWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
LIMIT_S = 60.0


class Watchman:
    """A watch over four partitions, whose heartbeats and their age the test decides."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
        partitions = Partitions()
        partitions.own(range(4), 4)
        self.watch = HeartbeatWatch(desk.store.connection, desk.store, self.technical, partitions, LIMIT_S)

    async def heard_s_ago(self, partition: int, seconds: float) -> None:
        now_ms = await self.desk.store.now_ms()
        client = self.desk.store.connection.client
        await client.hset(key(SYSTEM, "watch"), str(partition), 0)
        await client.hset(key(SYSTEM, "beat"), str(partition), round(now_ms - seconds * 1000))

    async def alert(self) -> Alert:
        return await self.desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{NAME}"))

    async def pages(self) -> int:
        return len(await self.desk.orders(SYSTEM_PATIENT))


@pytest.fixture
def watchman(desk: Desk) -> Watchman:
    return Watchman(desk)


async def test_a_heartbeat_is_kept_by_the_clock_of_the_store(desk: Desk) -> None:
    before = await desk.store.now_ms()
    await desk.store.pass_over(Origin("detected-issues", 2, 5), desk.epochs, Heard(2, TimeDomain.LIVE, None))
    assert before <= (await desk.store.heartbeats())[2] <= await desk.store.now_ms()
    assert await desk.store.offsets("detected-issues") == {2: 5}


async def test_silent_partitions_are_told_once_and_named(watchman: Watchman) -> None:
    for partition, age in enumerate((5, 61, 5, 90)):
        await watchman.heard_s_ago(partition, age)
    await watchman.watch.look()
    await watchman.watch.look()
    alert = await watchman.alert()
    assert (alert.check, alert.tier, alert.state) == ("technical", 2, AlertState.OPEN)
    assert "partitions 1, 3 are not judged" in alert.text
    assert await watchman.pages() == 2


async def test_another_silent_partition_is_told_anew_though_the_first_was_acknowledged(
    watchman: Watchman,
) -> None:
    for partition, age in enumerate((5, 61, 5, 5)):
        await watchman.heard_s_ago(partition, age)
    await watchman.watch.look()
    await watchman.heard_s_ago(2, 70)
    await watchman.watch.look()
    assert (await watchman.alert()).revision == 2
    assert await watchman.pages() == 4


async def test_fewer_silent_partitions_are_shown_and_not_told(watchman: Watchman) -> None:
    for partition, age in enumerate((5, 61, 61, 5)):
        await watchman.heard_s_ago(partition, age)
    await watchman.watch.look()
    await watchman.heard_s_ago(2, 1)
    await watchman.watch.look()
    assert "partitions 1 are not judged" in (await watchman.alert()).text
    assert await watchman.pages() == 2


async def test_it_is_over_when_all_are_heard_again_and_begins_anew_next_time(watchman: Watchman) -> None:
    for partition in range(4):
        await watchman.heard_s_ago(partition, 100)
    await watchman.watch.look()
    for partition in range(4):
        await watchman.heard_s_ago(partition, 0)
    await watchman.watch.look()
    assert (await watchman.alert()).state is AlertState.RESOLVED
    await watchman.heard_s_ago(0, 61)
    await watchman.watch.look()
    assert ((await watchman.alert()).episode, (await watchman.alert()).state) == (2, AlertState.OPEN)


async def test_a_silence_that_lasts_is_told_again_to_a_store_that_was_emptied(watchman: Watchman) -> None:
    await watchman.heard_s_ago(1, 61)
    await watchman.watch.look()
    await watchman.desk.store.connection.client.flushall()
    await watchman.heard_s_ago(1, 75)
    await watchman.watch.look()
    assert (await watchman.alert()).state is AlertState.OPEN


async def test_a_partition_that_was_never_heard_has_the_same_time_to_begin(watchman: Watchman) -> None:
    await watchman.watch.look()
    assert await watchman.desk.reader.alerts(closed=True) == []


async def test_an_event_is_reported_again_only_after_somebody_answered(
    desk: Desk, watchman: Watchman
) -> None:
    for _ in range(3):
        await watchman.technical.report("rejected-issue", "a record could not be read")
    assert await watchman.pages() == 2
    alert = alert_id(SYSTEM_PATIENT, "technical-rejected-issue")
    assert (await desk.acknowledge(actor="engineer", alert=alert)).result == "done"
    await watchman.technical.report("rejected-issue", "a record could not be read")
    assert (await desk.reader.exactly(alert)).state is AlertState.OPEN
    assert await watchman.pages() == 4
