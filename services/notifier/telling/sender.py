"""Carries out delivery orders: takes one, makes sure it still stands, holds it alone, tells, writes the
receipt.

House rules:
1. State is looked at in the same step that takes the lease, just before sending: what was acknowledged,
   withdrawn or overtaken is dropped.
2. An attempt whose answer was lost may have arrived; what follows it says so (`repeat`) under the same
   delivery id.
3. An order that cannot be taken now (another sender holds it, its lane is full, this process ends) stays in
   the stream's pending list; XAUTOCLAIM brings it back after the lease.
4. Pages of low tiers go together where the site says so; each keeps its own lease and receipt.
5. A channel that does not do in time is helped by the person's next one, and goes on being tried itself.
6. An order whose alert cannot be read stays where it is, like one that cannot be taken, and is an alarm.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.notifier.channels import Attempt, Channel, Outcome
from services.notifier.channels.address_book import AddressBook, Desk, next_channel
from services.notifier.channels.fallback import after, patience_s, turned_away
from services.notifier.channels.guard import Alarms, Guard
from services.notifier.stopping import Stop
from services.notifier.store.reading import DamagedAlert
from services.notifier.telling.attempt import TOLD, Leased, message_for, receipts_of
from services.notifier.telling.lanes import Errand, Lane, Lanes
from services.notifier.telling.lease import Deliveries, Lease
from services.notifier.telling.messages import Message
from services.notifier.telling.orders import Order, OrderStream
from services.notifier.telling.retrying import RetryPolicy
from services.notifier.together.gathering import POLL_S, Gatherer
from services.notifier.watching.unreadable import tell_unreadable

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


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
        gatherer: Gatherer | None = None,
    ) -> None:
        self._orders = orders
        self._deliveries = deliveries
        self._channels = channels
        self._rules = rules
        self._alarms = alarms
        self._people = people or Desk()
        self._guard = Guard(channels, alarms, noted=noted)
        self._lanes = Lanes(channels)
        self._gatherer = gatherer

    async def run(self, stop: Stop) -> None:
        """Send until `stop`; what is being sent then is finished first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(stop))
            tasks.create_task(self._reclaim(stop))
            if self._gatherer is not None:
                tasks.create_task(self._give_out(self._gatherer, stop))
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

    async def _give_out(self, gatherer: Gatherer, stop: Stop) -> None:
        while not await stop.sleep(POLL_S):
            for bundle in await gatherer.due():
                errand = Errand(bundle.orders[0], bundle)
                if lane := self._lanes.of(errand.order):
                    lane.offer(errand)
                else:
                    await self._without_channel(errand)

    async def _queue(self, order: Order) -> None:
        errand = Errand(order)
        if lane := self._lanes.of(order):
            if self._gatherer is None or not await self._gatherer.takes(order):
                lane.offer(errand)
            return
        await self._without_channel(errand)

    async def _without_channel(self, errand: Errand) -> None:
        """What waited since another start may name a channel that is not set up any more."""
        missing = errand.order.target.channel
        await self._fall_back(errand, f"no channel {missing} here")
        for order in errand.orders:
            await self._whole(order, self._deliveries.receipt(order, "failed", f"no channel {missing} here"))
        await self._finish(errand, errand.orders)
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
                    await self._keep(errand, again_s)

    async def _keep(self, errand: Errand, again_s: float) -> None:
        if errand.bundle is not None and self._gatherer is not None:
            await self._gatherer.keep(errand.bundle, again_s)

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
        leased, elsewhere = await self._lease(errand, address)
        if not leased:
            return None
        message = message_for(errand, leased, elsewhere, self._rules.console)
        if address is None:
            attempt = Attempt(Outcome.REFUSED, "the person has no address on it")
        else:
            attempt = await self._attempt(errand, message, address)
        number = max(lease.number for _, lease in leased)
        following = after(attempt, number, errand.age_s(), order.tier, self._rules.retry)
        if following.next_channel:
            await self._fall_back(errand, attempt.reason)
        for state in receipts_of(attempt, following):
            for each, _ in leased:
                within = message.delivery if message.delivery != each.delivery else ""
                await self._whole(each, self._deliveries.receipt(each, state, attempt.reason, within))
        if following.again_s is None:
            await self._end(errand, leased, attempt)
        return following.again_s

    async def _lease(self, errand: Errand, address: str | None) -> tuple[Leased, bool]:
        """The leases, and whether another sender has some. They count as a try, so the channel was asked
        first whether one may be made.
        """
        found: list[tuple[Order, Lease]] = []
        over: list[Order] = []
        elsewhere = False
        try:
            for order in errand.orders:
                asked = await self._whole(order, self._deliveries.ask(order, self._rules.lease_s))
                lease, busy = asked or (None, True)
                elsewhere = elsewhere or busy
                if lease is not None:
                    found.append((order, lease))
                elif not busy:
                    over.append(order)
        finally:
            if not found and address is not None:
                self._guard.leave(errand.order.target.channel, address)
        await self._finish(errand, over)
        return found, elsewhere

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
            for order in errand.orders:
                await self._whole(order, self._deliveries.fall_back(order, target, because))
        errand.fell_back = True

    async def _whole(self, order: Order, work: Awaitable[Answer]) -> Answer | None:
        """Its answer; None, and an alarm, where the alert is damaged."""
        try:
            return await work
        except DamagedAlert as error:
            log.error("an order cannot be carried out: %s", error)
            await tell_unreadable(self._alarms.report, [order.alert], "its page is told to nobody")
            return None

    async def _end(self, errand: Errand, leased: Leased, attempt: Attempt) -> None:
        """There is no other attempt; a telling that is given up is an alarm."""
        await self._finish(errand, [order for order, _ in leased])
        if attempt.outcome not in TOLD:
            channel, number = errand.order.target.channel, max(lease.number for _, lease in leased)
            log.error("gave up telling by %s after %d attempts: %s", channel, number, attempt.reason)
            await self._alarms.report(
                f"channel-{channel}", f"Channel {channel} did not take a message: {attempt.reason}"
            )

    async def _finish(self, errand: Errand, orders: Sequence[Order]) -> None:
        if errand.bundle is not None and self._gatherer is not None:
            await self._gatherer.finished(errand.bundle.of(orders))
            errand.bundle = errand.bundle.without(orders)
