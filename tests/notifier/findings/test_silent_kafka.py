"""Kafka is gone behind a network that does not say so: it refuses nothing, and nothing comes any more."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Refused, free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.real_kafka import RealKafka
from services.launcher.topics import ensure_topics
from services.notifier.alerts import Alert
from services.notifier.app import Notifier
from services.notifier.settings import Settings
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.store.reading import UnknownAlert
from services.notifier.watching.kafka_watch import FINDINGS, HISTORY, NAME
from tests.conftest import missing
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.cutting_proxy import CuttingProxy, cutting
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager
from tests.notifier.test_crashes import process

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


@contextmanager
def silent(broker: EmbeddedBroker) -> Iterator[None]:
    """The broker keeps its connections, takes new ones and answers nobody."""
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


async def told(desk: Desk, wanted: Callable[[Alert], bool]) -> Alert:
    """The alert that Kafka is away, once it is as wanted."""
    async with asyncio.timeout(60):
        while True:
            try:
                alert = await desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{NAME}"))
            except UnknownAlert:
                alert = None
            if alert is not None and wanted(alert):
                return alert
            await asyncio.sleep(0.05)


def answered(notifier: Notifier, way: str) -> float | None:
    return notifier.counters.registry.get_sample_value("dosewarden_kafka_answers", {"way": way})


@pytest.mark.embedded
async def test_a_notifier_ends_within_ten_seconds_though_kafka_says_nothing(
    settings: Settings, embedded_broker: EmbeddedBroker, desk: Desk, pager: Pager
) -> None:
    async with (
        Engine(settings.kafka) as engine,
        process("tests.notifier.announcing_notifier", settings, await pager.start()) as notifier,
    ):
        await engine.says(finding())
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
        with silent(embedded_broker):
            await told(desk, lambda alert: alert.live)
            notifier.terminate()
            async with asyncio.timeout(10):
                assert await notifier.wait() == 0


@pytest.mark.embedded
async def test_that_kafka_is_away_is_told_shown_and_taken_back(
    settings: Settings, embedded_broker: EmbeddedBroker, desk: Desk, pager: Pager
) -> None:
    async with (
        Engine(settings.kafka) as engine,
        on_duty(settings, await pager.start(), StringIO()) as notifier,
    ):
        await engine.says(finding())
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
        assert (answered(notifier, FINDINGS), answered(notifier, HISTORY)) == (1, 1)
        assert "Kafka does not answer" not in notifier.wellbeing.complaints()
        with silent(embedded_broker):
            began = time.monotonic()
            away = await told(desk, lambda alert: alert.live)
            print(f"noticed after {time.monotonic() - began:.1f} s")  # noqa: T201  (a figure for pytest -rP)
            page = (await pager.until(2))[-1]
            assert page.content["check"] == "technical"
            assert "findings cannot be read" in away.text
            assert (answered(notifier, FINDINGS), answered(notifier, HISTORY)) == (0, 0)
            assert "Kafka does not answer" in notifier.wellbeing.complaints()
        await told(desk, lambda alert: not alert.live)
        await engine.says(finding(Transition.WORSENED, 2))
        await until(desk, lambda alert: alert.revision == 2 and alert.state is AlertState.NOTIFIED)
        assert (answered(notifier, FINDINGS), answered(notifier, HISTORY)) == (1, 1)


@asynccontextmanager
async def kafka_behind_a_proxy(directory: Path) -> AsyncIterator[CuttingProxy]:
    """An Apache Kafka that sends its clients to a proxy, whatever they ask it."""
    port = free_port()
    # A server ends with the thread that started it, so one thread stays for as long as Kafka does; and not
    # this one, whose loop carries the proxy: waiting for Kafka here keeps the proxy from answering for it.
    with ThreadPoolExecutor(1) as beside:
        async with cutting(f"kafka://127.0.0.1:{port}") as proxy:
            advertised = {"advertised.listeners": f"PLAINTEXT://{proxy.address}"}
            kafka = RealKafka(directory, port=port, properties=advertised)
            try:
                await asyncio.to_thread(kafka_jars.fetched)
                await asyncio.get_running_loop().run_in_executor(beside, kafka.start)
            except Refused as refusal:
                missing(str(refusal))
            try:
                await asyncio.to_thread(ensure_topics, kafka.bootstrap, 4)
                yield proxy
            finally:
                kafka.kill()


@pytest.mark.kafka
@pytest.mark.slow
async def test_connections_that_the_network_has_forgotten_are_noticed_and_made_anew(
    store_url: str, desk: Desk, pager: Pager, tmp_path: Path
) -> None:
    url = await pager.start()
    async with kafka_behind_a_proxy(tmp_path / "kafka") as proxy:
        settings = replace(Settings(), kafka=proxy.address, redis=store_url, heartbeat_limit_s=3600)
        async with on_duty(settings, url, StringIO()):
            async with Engine(proxy.address) as engine:
                await engine.says(finding())
                await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
            proxy.lose_connections()
            began = time.monotonic()
            async with Engine(proxy.address) as engine:
                await engine.says(finding(Transition.WORSENED, 2))
            await told(desk, lambda alert: alert.live)
            print(f"noticed after {time.monotonic() - began:.1f} s")  # noqa: T201  (a figure for pytest -rP)
            await until(desk, lambda alert: alert.revision == 2 and alert.state is AlertState.NOTIFIED)
            print(f"read on after {time.monotonic() - began:.1f} s")  # noqa: T201  (a figure for pytest -rP)
            await told(desk, lambda alert: not alert.live)
            print(f"all is well after {time.monotonic() - began:.1f} s")  # noqa: T201  (a figure for pytest -rP)
