"""Carries out delivery orders: takes one, makes sure it still stands, holds it alone, tells, writes the
receipt.

House rules:
1. State is looked at in the same step that takes the lease, just before sending: what was acknowledged,
   withdrawn or overtaken is dropped.
2. An attempt whose answer was lost may have arrived; what follows it says so (`repeat`) under the same
   delivery id.
3. An order that cannot be taken now (another sender holds it, its lane is full, this process ends) stays in
   the stream's pending list; XAUTOCLAIM brings it back after the lease.
4. A channel that does not do in time is helped by the person's next one, and goes on being tried itself.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.notifier.channels import Attempt, Channel, Outcome
from services.notifier.channels.address_book import AddressBook, Desk, next_channel
from services.notifier.channels.fallback import Following, after, patience_s, turned_away
from services.notifier.channels.guard import Alarms, Guard
from services.notifier.lanes import Errand, Lane, Lanes
from services.notifier.lease import Deliveries, Lease
from services.notifier.messages import Message, MessageKind, message_of
from services.notifier.orders import Order, OrderStream
from services.notifier.retrying import RetryPolicy
from services.notifier.stopping import Stop

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendingRules:
    """How long a lease lasts, how a telling is repeated, and where links lead."""

    lease_s: float
    retry: RetryPolicy
    console: str


class Sender:
    """One process's share of the sending. `alarms` hears what was given up, and which channel is out."""

    def __init__(
        self,
        orders: OrderStream,
        deliveries: Deliveries,
        channels: Mapping[str, Channel],
        rules: SendingRules,
        alarms: Alarms,
        people: AddressBook | None = None,
        noted: Callable[[str, int], None] = lambda _channel, _places: None,
    ) -> None:
        self._orders = orders
        self._deliveries = deliveries
        self._channels = channels
        self._rules = rules
        self._alarms = alarms
        self._people = people or Desk()
        self._guard = Guard(channels, alarms, noted=noted)
        self._lanes = Lanes(channels)

    async def run(self, stop: Stop) -> None:
        """Send until `stop`; what is being sent then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(stop))
            tasks.create_task(self._reclaim(stop))
            for lane in self._lanes.hands():
                tasks.create_task(self._work(lane, stop))

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
        errand = Errand(order)
        if lane := self._lanes.of(order):
            lane.offer(errand)
            return
        missing = order.target.channel
        await self._fall_back(errand, f"no channel {missing} here")
        await self._deliveries.receipt(order, "failed", f"no channel {missing} here")
        await self._alarms.report(
            "channel-missing", f"Nothing can be told by channel {missing}: it is not set up"
        )

    async def _work(self, lane: Lane, stop: Stop) -> None:
        while not stop:
            errand = await stop.or_else(lane.next())
            if errand is None:
                return
            again_s = None
            try:
                again_s = await self._deliver(errand)
            finally:
                if again_s is None:
                    lane.done(errand)
                else:
                    lane.again(errand, again_s)

    async def _deliver(self, errand: Errand) -> float | None:
        """One attempt; the seconds until the next, or None when there is none to be made by us."""
        order, channel = errand.order, errand.order.target.channel
        address = self._people.address(order.target.person, channel)
        age_s = errand.age_s()
        if address is not None and not self._guard.begin(channel, address):
            following = turned_away(self._guard.wait_s(channel, address), age_s, order.tier)
            if following.next_channel:
                await self._fall_back(errand, "it failed just before")
            return following.again_s
        lease = await self._lease(order, address)
        if lease is None:
            return None
        message = message_of(lease.alert, _kind(lease), order.delivery, self._rules.console)
        if address is None:
            attempt = Attempt(Outcome.REFUSED, "the person has no address on it")
        else:
            attempt = await self._attempt(errand, message, address)
        following = after(attempt, lease.number, errand.age_s(), order.tier, self._rules.retry)
        if following.next_channel:
            await self._fall_back(errand, attempt.reason)
        await self._note(order, lease, attempt, following)
        return following.again_s

    async def _lease(self, order: Order, address: str | None) -> Lease | None:
        """The lease. It counts as a try, so the channel was asked first whether one may be made."""
        lease = None
        try:
            lease = await self._deliveries.lease(order, self._rules.lease_s)
        finally:
            if lease is None and address is not None:
                self._guard.leave(order.target.channel, address)
        return lease

    async def _attempt(self, errand: Errand, message: Message, address: str) -> Attempt:
        """One attempt; while it hangs, the next channel is asked in time."""

        async def help_in_time() -> None:
            await asyncio.sleep(patience_s(errand.order.tier) - errand.age_s())
            await self._fall_back(errand, "no answer yet")

        sending = self._guard.send(errand.order.target.channel, message, address, begun=True)
        if errand.fell_back:
            return await sending
        async with asyncio.TaskGroup() as tasks:
            helper = tasks.create_task(help_in_time())
            attempt = await sending
            helper.cancel()
        return attempt

    async def _fall_back(self, errand: Errand, because: str) -> None:
        if not errand.fell_back:
            target = next_channel(self._people, errand.order.target, self._channels)
            await self._deliveries.fall_back(errand.order, target, because)
        errand.fell_back = True

    async def _note(self, order: Order, lease: Lease, attempt: Attempt, following: Following) -> None:
        """Write the receipt; a telling that is given up is an alarm."""
        if attempt.outcome in (Outcome.DELIVERED, Outcome.SENT):
            await self._deliveries.receipt(order, attempt.outcome.value, "")
            return
        if attempt.outcome is Outcome.UNKNOWN:
            await self._deliveries.receipt(order, "unknown", attempt.reason)
        if following.again_s is None:
            await self._deliveries.receipt(order, "failed", attempt.reason)
            channel = order.target.channel
            log.error("gave up telling by %s after %d attempts: %s", channel, lease.number, attempt.reason)
            await self._alarms.report(
                f"channel-{channel}", f"Channel {channel} did not take a message: {attempt.reason}"
            )
        elif attempt.outcome is Outcome.AGAIN:
            await self._deliveries.receipt(order, "queued", attempt.reason)


def _kind(lease: Lease) -> MessageKind:
    if lease.kind != MessageKind.PAGE:
        return MessageKind(lease.kind)
    return MessageKind.REPEAT if lease.maybe_told else MessageKind.PAGE
