"""Somebody sets a clock while all is running: that of a machine, or that of the store."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from schemas.base import Severity, TimeDomain
from schemas.issues import DetectedIssue
from services.launcher.servers.local_store import LocalStore, valkey_binary
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.alerts import Alert
from services.notifier.audit.reading import verify
from services.notifier.settings import Settings
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.reading import AlertReader, UnknownAlert
from services.notifier.watching.clock_watch import DIFFER, JUMPED, ClockWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.conftest import missing
from tests.notifier.broker import Engine
from tests.notifier.builders import DESK_POLICY, TIERS, finding
from tests.notifier.clocks import SetClock
from tests.notifier.desk import Desk
from tests.notifier.pager import Pager
from tests.notifier.test_crashes import process

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
JUMPS_S = (3_600, -3_600, -5, 0)
_A_JUMP = 10


def held(number: int, now: datetime) -> DetectedIssue:
    """A finding of tier 1 that has to hold for some seconds, each a little longer than the one before."""
    return finding(
        issue_id=f"issue-{number}",
        patient=f"patient-{number}",
        severity=Severity.CONTRAINDICATED,
        time_domain=TimeDomain.LIVE,
        at=now,
        raised_at=now,
        page_from=now + timedelta(seconds=5 + 0.2 * number),
    )


@pytest.mark.kafka
@pytest.mark.slow
async def test_timers_come_in_time_though_the_clocks_of_both_notifiers_are_wrong_and_one_is_set(
    own_kafka: RealKafka, store_url: str, desk: Desk, pager: Pager, tmp_path: Path
) -> None:
    ensure_topics(own_kafka.bootstrap, 4)
    settings = replace(Settings(), kafka=own_kafka.bootstrap, redis=store_url)
    url = await pager.start()
    ahead, jumping = SetClock(tmp_path, "ahead"), SetClock(tmp_path, "jumping")
    ahead.put(30)
    async with AsyncExitStack() as stack, Engine(settings.kafka) as engine:
        for clock in (ahead, jumping):
            module = "tests.notifier.announcing_notifier"
            running = await stack.enter_async_context(process(module, settings, url, clock.environment))
            assert running.stdout is not None
            assert await running.stdout.readline() == b"reading\n"
        now = datetime.now(UTC)
        found = [held(number, now) for number in range(_A_JUMP * (1 + len(JUMPS_S)))]
        await engine.says(*found)
        for number, jump_s in enumerate(JUMPS_S, start=1):
            async with asyncio.timeout(60):
                while alert_of(found[number * _A_JUMP - 1]) not in pager.alerts:
                    await pager.until(len(pager.received) + 1)
            jumping.put(jump_s)
        while not {alert_of(issue) for issue in found} <= pager.alerts:
            await pager.until(len(pager.received) + 1)
        late = [await lateness_s(desk, issue) for issue in found]
    print(f"{min(late):.2f} to {max(late):.2f} s late")  # noqa: T201  (a figure for pytest -rP)
    assert min(late) >= 0
    assert max(late) < min(abs(jump_s) for jump_s in JUMPS_S[:2])
    about = [received.delivery for received in pager.received if received.content["check"] != "technical"]
    assert len(about) == len(set(about)) == len(found)
    assert pager.forged == 0
    assert (await verify(settings.kafka)).faults == ()


def alert_of(issue: DetectedIssue) -> str:
    return alert_id(issue.patient, issue.issue_id)


async def lateness_s(desk: Desk, issue: DetectedIssue) -> float:
    """From when a finding was to be paged to its page, by the store."""
    history = await desk.reader.history(alert_of(issue))
    paged = [line.at for line in history if line.event == "paged"]
    assert len(paged) == 1
    return (paged[0] - issue.page_from).total_seconds()


async def test_whether_it_is_night_and_who_is_on_duty_goes_by_the_store_too(
    store_url: str, tmp_path: Path
) -> None:
    clock = SetClock(tmp_path, "machine")
    asked = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.notifier.telling_time",
        store_url,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **clock.environment},
    )
    assert asked.stdin is not None
    assert asked.stdout is not None
    machine = datetime.now(UTC)
    clock.put(12 * 3600)
    while machine - datetime.now(UTC) < timedelta(hours=11):
        asked.stdin.write(b"now\n")
        by_store, machine = (
            datetime.fromisoformat(t) for t in (await asked.stdout.readline()).decode().split()
        )
        assert abs(by_store - datetime.now(UTC)) < timedelta(hours=1)
    asked.stdin.close()
    assert await asked.wait() == 0


class Watched:
    """A store whose clock is set, and the watch over it."""

    def __init__(self, clock: SetClock, connection: Connection) -> None:
        self.clock = clock
        store, self.reader = AlertStore(connection), AlertReader(connection)
        self.ahead_s = 0.0
        technical = TechnicalAlerts(store, self.reader, TIERS, DESK_POLICY)
        self.watch = ClockWatch(store, technical, "here", self._noted)

    def _noted(self, ahead_s: float) -> None:
        self.ahead_s = ahead_s

    async def told(self, name: str, wanted: Callable[[Alert], bool]) -> Alert:
        """The technical alert, once it is as wanted; the watch looks again until then."""
        async with asyncio.timeout(60):
            while True:
                await self.watch.look()
                try:
                    alert = await self.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{name}"))
                except UnknownAlert:
                    continue
                if wanted(alert):
                    return alert


@pytest_asyncio.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """On Valkey: Redis of Debian brings a jemalloc that libfaketime does not live with."""
    binary = valkey_binary()
    if binary is None:
        missing("no valkey server on this machine")
    assert binary is not None
    clock = SetClock(tmp_path, "store")
    store = LocalStore(clock.around(binary), tmp_path / "store")
    store.start()
    connection = Connection(store.url, patience_s=30)
    await AlertStore(connection).begin()
    yield Watched(clock, connection)
    await connection.close()
    store.stop()


@pytest.mark.parametrize(("jump_s", "word"), [(3_600, "forward"), (-3_600, "back"), (-7, "back")])
async def test_a_jump_of_the_store_s_clock_is_told_and_so_is_that_the_clocks_differ(
    watched: Watched, jump_s: int, word: str
) -> None:
    await watched.watch.look()
    assert abs(watched.ahead_s) < 5
    watched.clock.put(jump_s)
    jumped = await watched.told(JUMPED, lambda alert: alert.live)
    assert f"jumped {word} by" in jumped.text
    await watched.told(f"{DIFFER}:here", lambda alert: alert.live)
    assert abs(watched.ahead_s - jump_s) < 2
    watched.clock.put(0)
    await watched.told(f"{DIFFER}:here", lambda alert: not alert.live)


async def test_a_clock_that_runs_as_it_should_is_not_told_of(watched: Watched) -> None:
    for _ in range(5):
        await watched.watch.look()
        await asyncio.sleep(0.3)
    assert await watched.reader.alerts() == []
