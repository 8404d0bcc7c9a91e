"""A store that answers and takes nothing is away as well."""

from io import StringIO

import pytest

from services.launcher.servers.local_store import LocalStore
from services.notifier.settings import Settings
from services.notifier.store.identifiers import alert_id
from tests.notifier.broker import Engine
from tests.notifier.builders import PATIENT
from tests.notifier.degraded.test_direct_pages import contraindicated, desk_of, outlasting
from tests.notifier.duty import on_duty, until
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio]
__all__ = ["outlasting"]


async def test_tier_one_is_told_while_the_store_is_full_and_not_again_when_it_has_room(
    outlasting: Settings, own_store: LocalStore, pager: Pager
) -> None:
    desk = await desk_of(own_store)
    full = alert_id(PATIENT, "full")
    async with Engine(outlasting.kafka) as engine, on_duty(outlasting, await pager.start(), StringIO()):
        await engine.says(contraindicated("before"))
        await until(desk, lambda alert: len(alert.told) == 2, "before")
        await desk.store.connection.client.config_set("maxmemory", "1")
        await engine.says(contraindicated("full"))
        while full not in {received.content["alert"] for received in pager.received}:
            await pager.until(len(pager.received) + 1)
        await desk.store.connection.client.config_set("maxmemory", "0")
        await until(desk, lambda alert: len(alert.told) == 2, "full")
    told = [received.content["kind"] for received in pager.received if received.content["alert"] == full]
    assert told == ["page"]
    await desk.store.connection.close()
