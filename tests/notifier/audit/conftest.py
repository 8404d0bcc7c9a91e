"""A relay between a real store and a broker, one round at a time."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.notifier.audit.relaying import Relaying
from tests.notifier.desk import Desk


@pytest_asyncio.fixture
async def relaying(embedded_broker: EmbeddedBroker, desk: Desk) -> AsyncIterator[Relaying]:
    """Relays what the desk's store holds, when the test says so."""
    async with Relaying(embedded_broker.bootstrap, desk) as made:
        yield made
