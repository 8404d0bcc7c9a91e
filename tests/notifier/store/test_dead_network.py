"""The store is gone behind a network that does not say so."""

import pytest

from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection, StoreUnavailable
from tests.notifier.cutting_proxy import cutting

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_store_behind_a_dead_network_is_noticed_and_taken_up_again_when_it_answers(
    store_url: str, connection: Connection
) -> None:
    clock = AlertStore(connection)
    async with cutting(store_url) as proxy:
        behind = Connection(proxy.url, patience_s=0.1)
        store = AlertStore(behind)
        before = await store.now_ms()
        proxy.swallows = True
        with pytest.raises(StoreUnavailable):
            await store.now_ms()
        assert behind.lost_since is not None
        print(f"noticed after {await clock.now_ms() - before} ms")  # noqa: T201  (a figure for pytest -rP)
        proxy.swallows = False
        await store.now_ms()
        assert behind.lost_since is None
        await behind.close()
