"""The notifier between real servers: every promise is held to Redis and to Valkey."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from services.launcher.servers.embedded_broker import EmbeddedBroker
from services.notifier.settings import Settings
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK
from tests.notifier.pager import Pager
from tests.notifier.relaying import Relaying
from tests.notifier.ward_policy import WardPolicy


@pytest_asyncio.fixture
async def connection(store_url: str) -> AsyncIterator[Connection]:
    made = Connection(store_url, patience_s=10)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def desk(connection: Connection) -> Desk:
    """A store with two channels, and the words to work with it."""
    store = AlertStore(connection)
    return Desk(store, AlertReader(connection), await store.begin())


@pytest.fixture
def ward(desk: Desk) -> WardPolicy:
    """The policy of the ward, in force at the desk."""
    made = WardPolicy()
    desk.policy = made
    return made


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[Pager]:
    """A pager gateway; start it to get its address."""
    made = Pager()
    yield made
    await made.close()


@pytest.fixture
def settings(embedded_broker: EmbeddedBroker, store_url: str) -> Settings:
    """Settings of a notifier between that broker and that store, with short waits."""
    return replace(
        Settings(),
        kafka=embedded_broker.bootstrap,
        redis=store_url,
        heartbeat_limit_s=3600,
        lease_s=2,
        retry=QUICK,
    )


@pytest_asyncio.fixture
async def relaying(embedded_broker: EmbeddedBroker, desk: Desk) -> AsyncIterator[Relaying]:
    """Relays what the desk's store holds, when the test says so."""
    async with Relaying(embedded_broker.bootstrap, desk) as made:
        yield made
