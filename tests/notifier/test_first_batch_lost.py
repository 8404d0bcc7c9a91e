"""The very first findings are told, and store and process are lost before either said how far they were."""

import asyncio
from io import StringIO

import pytest

from services.notifier.findings.progress import Progress
from services.notifier.record.relay import Relay
from services.notifier.settings import Settings
from services.notifier.stopping import Stop
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import on_duty
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]


async def _killed_before(*_: object) -> None:
    """Nothing is said any more."""


async def _waits(_: Relay, stop: Stop) -> None:
    await stop.wait()


async def test_who_was_told_then_is_told_again_only_as_a_repetition(
    settings: Settings, desk: Desk, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await pager.start()
    async with Engine(settings.kafka) as engine:
        with monkeypatch.context() as killed:
            killed.setattr(Progress, "keep", _killed_before)
            killed.setattr(Relay, "run", _waits)
            killed.setattr(Relay, "drain", _killed_before)
            async with on_duty(settings, url, StringIO()):
                await engine.says(finding())
                await pager.until(1)
        await desk.store.connection.client.flushall()
        async with on_duty(settings, url, StringIO()), asyncio.timeout(60):
            await pager.until(2)
            await engine.says(finding(issue_id="new"))
            await pager.until(3)
    assert [page.content["kind"] for page in pager.received] == ["page", "repeat", "page"]
    assert pager.received[0].delivery == pager.received[1].delivery
