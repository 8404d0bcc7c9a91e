"""Killed at the worst moments: nothing is lost, nothing is told twice under another delivery id."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from io import StringIO
from types import MappingProxyType

import pytest

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore
from services.notifier.settings import Settings
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK, on_duty, told_by, until
from tests.notifier.pager import SECRET, Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


@asynccontextmanager
async def process(
    module: str, settings: Settings, pager_url: str, more: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A notifier in a process of its own, paging by webhook only; killed at the end if it still runs.

    `more`: what else its environment holds.
    """
    environment = {
        "DOSEWARDEN_KAFKA": settings.kafka,
        "DOSEWARDEN_REDIS": settings.redis,
        "DOSEWARDEN_CHANNELS": "webhook",
        "DOSEWARDEN_WEBHOOK_URL": pager_url,
        "DOSEWARDEN_WEBHOOK_SECRET": SECRET.decode(),
        "DOSEWARDEN_WEBHOOK_LOOPBACK": "1",
    }
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment, **more},
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@pytest.mark.parametrize("module", ["crashing_notifier", "unnoting_notifier"], ids=["committing", "noting"])
async def test_killed_between_applying_and_saying_so_repeats_nothing(
    settings: Settings, pager: Pager, desk: Desk, module: str
) -> None:
    url = await pager.start()
    async with Engine(settings.kafka) as engine:
        await engine.says(finding(), finding(issue_id="another"))
        async with process(f"tests.notifier.{module}", settings, url) as first:
            assert first.stdout is not None
            assert await first.stdout.readline() == b"applied\n"
        async with process("services.notifier", settings, url):
            await engine.says(finding(Transition.WORSENED, 2))
            await until(desk, lambda alert: alert.revision == 2 and alert.state is AlertState.NOTIFIED)
            await until(desk, lambda alert: alert.state is AlertState.NOTIFIED, "another")
    assert (await desk.events()).count("raised") == 1
    assert {received.content["kind"] for received in pager.received} <= {"page", "repeat"}
    told = {(received.content["alert"], received.content["revision"]) for received in pager.received}
    assert len({received.delivery for received in pager.received}) == len(told)


async def test_sigterm_ends_in_good_order(settings: Settings, pager: Pager, desk: Desk) -> None:
    async with Engine(settings.kafka) as engine:
        await engine.says(finding())
        async with process("services.notifier", settings, await pager.start()) as running:
            await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
            running.terminate()
            async with asyncio.timeout(30):
                assert await running.wait() == 0


async def test_a_store_that_is_killed_and_comes_back_is_waited_for(
    embedded_broker: EmbeddedBroker, own_store: LocalStore, pager: Pager
) -> None:
    settings = replace(
        Settings(),
        kafka=embedded_broker.bootstrap,
        redis=own_store.url,
        heartbeat_limit_s=3600,
        lease_s=2,
        retry=QUICK,
    )
    connection = Connection(own_store.url, patience_s=60)
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), {})
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(finding())
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
        await desk.acknowledge()
        own_store.kill()
        await engine.says(finding(Transition.EASED, 2), finding(Transition.WORSENED, 3))
        own_store.start()
        await until(desk, lambda alert: alert.revision == 3 and alert.state is AlertState.NOTIFIED)
        await pager.until(2)
    events = await desk.events()
    assert [event for event in events if event != "told"] == [
        "raised", "paged", "acknowledged", "eased", "worsened", "paged",
    ]  # fmt: skip
    await connection.close()
