"""A sender at work within a test."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from services.notifier.channels import Channel
from services.notifier.channels.address_book import AddressBook
from services.notifier.stopping import Stop
from services.notifier.store.connection import Connection
from services.notifier.telling.lease import Deliveries, Lease
from services.notifier.telling.orders import Order, OrderStream
from services.notifier.telling.retrying import RetryPolicy
from services.notifier.telling.sender import Sender, SendingRules
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK


class Watched(Deliveries):
    """Deliveries that tell when a sender is refused a lease."""

    def __init__(self, connection: Connection, holder: str) -> None:
        super().__init__(connection, holder)
        self.refused = asyncio.Event()

    async def ask(self, order: Order, lease_s: float) -> tuple[Lease | None, bool]:
        lease, busy = await super().ask(order, lease_s)
        if lease is None:
            self.refused.set()
        return lease, busy


class AtWork:
    """A sender at work: the alarms it raised, and its deliveries."""

    def __init__(self, deliveries: Watched) -> None:
        self.deliveries = deliveries
        self.alarms: list[str] = []
        self.texts: list[str] = []
        self.settled: list[str] = []
        self._raised = asyncio.Event()

    async def report(self, name: str, text: str) -> None:
        self.alarms.append(name)
        self.texts.append(text)
        self._raised.set()

    async def settle(self, name: str, text: str) -> None:
        self.settled.append(name)

    async def hears(self, alarm: str) -> None:
        async with asyncio.timeout(30):
            while alarm not in self.alarms:
                self._raised.clear()
                await self._raised.wait()


@asynccontextmanager
async def sending(
    desk: Desk,
    *channels: Channel,
    lease_s: float = 20,
    holder: str = "sender",
    people: AddressBook | None = None,
    retry: RetryPolicy = QUICK,
) -> AsyncIterator[AtWork]:
    """A sender at work with these channels, stopped in good order at the end."""
    made: Mapping[str, Channel] = {channel.name: channel for channel in channels}
    connection = desk.store.connection
    work = AtWork(Watched(connection, holder))
    rules = SendingRules(lease_s, retry, "")
    gatherer = Gatherer(Postbox(connection, holder), desk.policy, 3 * lease_s)
    orders = OrderStream(connection, holder)
    sender = Sender(orders, work.deliveries, made, rules, work, people, gatherer=gatherer)
    stop = Stop()
    running = asyncio.create_task(sender.run(stop))
    try:
        yield work
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await running
