"""Store and Kafka do not answer, as when the notifier itself is cut off: it says so, and goes on later."""

from dataclasses import replace
from io import StringIO

import pytest

from schemas.alerts import AlertState
from schemas.issues import Transition
from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.launcher.servers.local_store import LocalStore
from services.notifier.settings import Settings
from tests.notifier.broker import Engine
from tests.notifier.builders import finding
from tests.notifier.degraded.test_direct_pages import desk_of
from tests.notifier.duty import QUICK, on_duty, until
from tests.notifier.findings.test_silent_kafka import silent
from tests.notifier.pager import Pager

pytestmark = [pytest.mark.redis, pytest.mark.embedded, pytest.mark.asyncio, pytest.mark.slow]


async def test_without_kafka_as_well_it_is_said_that_the_store_is_away_and_reading_goes_on_afterwards(
    embedded_broker: EmbeddedBroker, own_store: LocalStore, pager: Pager
) -> None:
    desk = await desk_of(own_store)
    settings = replace(
        Settings(),
        kafka=embedded_broker.bootstrap,
        redis=own_store.url,
        heartbeat_limit_s=3600,
        retry=QUICK,
        store_patience_s=1,
    )
    async with Engine(settings.kafka) as engine, on_duty(settings, await pager.start(), StringIO()):
        await engine.says(finding())
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED)
        await engine.says(finding(Transition.WORSENED, 2))
        await until(desk, lambda alert: alert.revision == 2 and alert.state is AlertState.NOTIFIED)
        own_store.kill()
        await engine.says(finding(Transition.WORSENED, 3))
        with silent(embedded_broker):
            assert (await pager.until(3))[-1].content["alert"].endswith("-technical-store-away")
            own_store.start()
            assert (await pager.until(4))[-1].content["alert"].endswith("-technical-kafka-away")
        await until(desk, lambda alert: alert.revision == 3 and alert.state is AlertState.NOTIFIED)
    await desk.store.connection.close()
