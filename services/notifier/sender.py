"""Carries out delivery orders: takes one, makes sure it still stands, holds it alone, tells, writes the
receipt.

House rules:
1. State is looked at in the same step that takes the lease, just before sending: what was acknowledged,
   withdrawn or overtaken is dropped.
2. An attempt whose answer was lost may have arrived; what follows it says so (`repeat`) under the same
   delivery id.
3. An order that cannot be taken now (another sender holds it, the channel's queue is full, this process
   ends) stays in the stream's pending list; XAUTOCLAIM brings it back after the lease.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.notifier.channels import Attempt, Channel, Outcome
from services.notifier.lease import Deliveries, Lease
from services.notifier.messages import MessageKind, message_of
from services.notifier.orders import Order, OrderStream
from services.notifier.settings import RetryPolicy
from services.notifier.stopping import Stop

log = logging.getLogger(__name__)
_WAITING_PER_CHANNEL = 1_000
_SENDERS_PER_CHANNEL = 4
Alarm = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SendingRules:
    """How long a lease lasts, how a telling is repeated, and where links lead."""

    lease_s: float
    retry: RetryPolicy
    console: str


class Sender:
    """One process's share of the sending. `alarm(name, text)` is told when a telling was given up."""

    def __init__(
        self,
        orders: OrderStream,
        deliveries: Deliveries,
        channels: Mapping[str, Channel],
        rules: SendingRules,
        alarm: Alarm,
    ) -> None:
        self._orders = orders
        self._deliveries = deliveries
        self._channels = channels
        self._rules = rules
        self._alarm = alarm
        self._queues: dict[str, asyncio.Queue[Order]] = {
            name: asyncio.Queue(_WAITING_PER_CHANNEL) for name in channels
        }
        self._held: set[str] = set()

    async def run(self, stop: Stop) -> None:
        """Send until `stop`; what is being sent then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(stop))
            tasks.create_task(self._reclaim(stop))
            for name in self._channels:
                for _ in range(_SENDERS_PER_CHANNEL):
                    tasks.create_task(self._work(name, stop))

    async def _read(self, stop: Stop) -> None:
        while not stop:
            for order in await stop.or_else(self._orders.next()) or ():
                await self._queue(order)

    async def _reclaim(self, stop: Stop) -> None:
        while True:
            for order in await self._orders.abandoned(self._rules.lease_s):
                await self._queue(order)
            if await stop.sleep(self._rules.lease_s / 2):
                return

    async def _queue(self, order: Order) -> None:
        if order.delivery in self._held:
            return
        queue = self._queues.get(order.target.channel)
        if queue is None:
            missing = order.target.channel
            await self._deliveries.receipt(order, "failed", f"no channel {missing} here")
            await self._alarm(
                "channel-missing", f"Nothing can be told by channel {missing}: it is not set up"
            )
            return
        if not queue.full():
            self._held.add(order.delivery)
            queue.put_nowait(order)

    async def _work(self, channel: str, stop: Stop) -> None:
        queue = self._queues[channel]
        while not stop:
            order = await stop.or_else(queue.get())
            if order is None:
                return
            try:
                await self._deliver(order, self._channels[channel], stop)
            finally:
                self._held.discard(order.delivery)

    async def _deliver(self, order: Order, channel: Channel, stop: Stop) -> None:
        while True:
            lease = await self._deliveries.lease(order, self._rules.lease_s)
            if lease is None:
                return
            attempt = await channel.send(
                message_of(lease.alert, _kind(lease), order.delivery, self._rules.console), ""
            )
            if not await self._note(order, lease, attempt):
                return
            wait_s = attempt.wait_s if attempt.wait_s is not None else self._rules.retry.wait_s(lease.number)
            if await stop.sleep(wait_s):
                return

    async def _note(self, order: Order, lease: Lease, attempt: Attempt) -> bool:
        """Write the receipt; True when the telling is to be tried again."""
        if attempt.outcome in (Outcome.DELIVERED, Outcome.SENT):
            await self._deliveries.receipt(order, attempt.outcome.value, "")
            return False
        if attempt.outcome is Outcome.UNKNOWN:
            await self._deliveries.receipt(order, "unknown", attempt.reason)
        if attempt.outcome is Outcome.REFUSED or lease.number >= self._rules.retry.attempts:
            await self._deliveries.receipt(order, "failed", attempt.reason)
            channel = order.target.channel
            log.error("gave up telling by %s after %d attempts: %s", channel, lease.number, attempt.reason)
            await self._alarm(
                f"channel-{channel}", f"Channel {channel} did not take a message: {attempt.reason}"
            )
            return False
        if attempt.outcome is Outcome.AGAIN:
            await self._deliveries.receipt(order, "queued", attempt.reason)
        return True


def _kind(lease: Lease) -> MessageKind:
    if lease.kind == "retraction":
        return MessageKind.RETRACTION
    return MessageKind.REPEAT if lease.maybe_told else MessageKind.PAGE
