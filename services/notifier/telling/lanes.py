"""Where orders wait for a sender: a lane for each channel and tier, with hands of its own.

A thousand low alerts on a channel, or a channel that hangs, keep no loud one waiting.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from services.notifier.telling.orders import Order
from services.notifier.together.bundling import Bundle

HANDS = {1: 32, 2: 8, 3: 4, 4: 2}
"""Orders carried out side by side, by tier; tiers beyond are the last. The more, the more of their calls go
to the store together, and the more are under way to a channel when it is first known to fail.
"""

_MOST = 20_000
"""In hand at a time. One more is left in the store, and comes back when it has lain there as long as a lease
(a burst of ten thousand must not).
"""


@dataclass(slots=True)
class Errand:
    """An order in hand, and whether the person's next channel was asked as well. `bundle`: it goes together
    with others, of which it is the oldest.
    """

    order: Order
    bundle: Bundle | None = None
    fell_back: bool = False
    _since_s: float | None = None

    @property
    def orders(self) -> tuple[Order, ...]:
        """All that are carried out by it."""
        return self.bundle.orders if self.bundle is not None else (self.order,)

    def age_s(self) -> float:
        """Seconds since this was asked first: when its first attempt was due."""
        now = time.monotonic()
        if self._since_s is None:
            self._since_s = now
        return now - self._since_s


class Lane:
    """The orders of one channel and tier, in the order of their coming."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Errand] = asyncio.Queue()
        self._held: set[str] = set()

    def offer(self, errand: Errand) -> None:
        """Take an order in hand. One that is in hand, or too many, is left: it stays pending in the store."""
        delivery = errand.order.delivery
        if delivery not in self._held and len(self._held) < _MOST:
            self._held.add(delivery)
            self._queue.put_nowait(errand)

    async def next(self) -> Errand:
        """The next errand whose time has come."""
        return await self._queue.get()

    def again(self, errand: Errand, wait_s: float) -> None:
        """The errand comes back after so many seconds; nobody's hands are bound meanwhile."""
        asyncio.get_running_loop().call_later(wait_s, self._queue.put_nowait, errand)

    def done(self, errand: Errand) -> None:
        """The order is out of hand."""
        self._held.discard(errand.order.delivery)


class Lanes:
    """All lanes of a sender."""

    def __init__(self, channels: Iterable[str]) -> None:
        self._lanes = {channel: {tier: Lane() for tier in HANDS} for channel in channels}

    def of(self, order: Order) -> Lane | None:
        """The lane of an order; None when its channel is not set up here."""
        lanes = self._lanes.get(order.target.channel)
        return lanes[min(max(order.tier, min(HANDS)), max(HANDS))] if lanes else None

    def hands(self) -> Iterable[Lane]:
        """Each lane as often as it has hands."""
        for lanes in self._lanes.values():
            for tier, lane in lanes.items():
                yield from (lane for _ in range(HANDS[tier]))
