"""Real stores for the notifier's tests: every promise is held to Redis and to Valkey."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from services.notifier.connection import Connection
from services.notifier.reading import AlertReader
from services.notifier.settings import Settings
from services.notifier.store import AlertStore
from tests.notifier.broker import EmbeddedBroker
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK
from tests.notifier.local_store import LocalStore, redis_binary, valkey_binary
from tests.notifier.pager import Pager

_BINARIES = {"redis": redis_binary, "valkey": valkey_binary}


def _made(kind: str, directory: Path) -> LocalStore:
    binary = _BINARIES[kind]()
    if binary is None:
        reason = f"no {kind} server on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return LocalStore(binary, directory)


@pytest.fixture(scope="session", params=["redis", "valkey"])
def running_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStore]:
    """One server of each kind for the whole run; do not kill it."""
    server = _made(request.param, tmp_path_factory.mktemp(request.param))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store_url(running_store: LocalStore) -> str:
    """The address of an empty store."""
    running_store.empty()
    return running_store.url


@pytest.fixture(params=["redis", "valkey"])
def own_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalStore]:
    """A server of this test's own, to kill and start again."""
    server = _made(request.param, tmp_path)
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def connection(store_url: str) -> AsyncIterator[Connection]:
    made = Connection(store_url, patience_s=10)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def desk(connection: Connection) -> Desk:
    """A store with two channels, and the words to work with it."""
    store = AlertStore(connection, ("terminal", "webhook"))
    return Desk(store, AlertReader(connection), await store.begin())


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """An embedded broker of this test's own."""
    made = EmbeddedBroker()
    yield made
    made.close()


@pytest_asyncio.fixture
async def pager() -> AsyncIterator[Pager]:
    """A pager gateway; start it to get its address."""
    made = Pager()
    yield made
    await made.close()


@pytest.fixture
def settings(broker: EmbeddedBroker, store_url: str) -> Settings:
    """Settings of a notifier between that broker and that store, with short waits."""
    return replace(
        Settings(), kafka=broker.bootstrap, redis=store_url, heartbeat_limit_s=3600, lease_s=2, retry=QUICK
    )
