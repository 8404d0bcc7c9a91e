"""How many pages of low tiers wait, why, and for how long one is overdue."""

from dataclasses import dataclass
from typing import Any

from services.notifier.alerts import instant
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import key, tags
from services.notifier.together.bundling import Place
from services.notifier.together.postbox import Postbox


@dataclass(frozen=True, slots=True)
class LowPages:
    """Orders of pages of low tiers: that wait for each other, that the limit or quiet hours hold back, and
    that a sender has in hand. `overdue_s`: for how long the oldest should have gone; 0 for none.
    """

    waiting: int = 0
    held_back: int = 0
    quiet: int = 0
    in_hand: int = 0
    overdue_s: float = 0.0

    @property
    def said(self) -> str:
        """In words; empty where nothing waits."""
        parts: list[str] = []
        if self.waiting:
            parts.append(f"{self.waiting} wait to go together")
        if self.held_back:
            parts.append(f"{self.held_back} are held back by the limit, for the next digest")
        if self.quiet:
            parts.append(f"{self.quiet} wait for the end of quiet hours")
        return f"of pages of low tiers {', '.join(parts)}" if parts else ""


_REASONS = {
    Place.WAIT: "waits to go with others",
    Place.HELD: "is held back by the limit",
    Place.QUIET: "waits for the end of quiet hours",
    Place.HAND: "is being sent",
}
NO_LOW_PAGES = LowPages()


async def low_pages(connection: Connection) -> LowPages:
    """Count them. Raises `StoreUnavailable` where the connection has a limit to its patience."""

    async def attempt() -> list[Any]:
        pipeline = connection.client.pipeline(transaction=False)
        pipeline.time()
        for place in Place:
            for tag in tags():
                pipeline.zcard(key(tag, "low", place.value))
                pipeline.zrange(key(tag, "low", place.value), 0, 0, withscores=True)
        return list(await pipeline.execute())

    (seconds, microseconds), *found = await connection.repeated(attempt)
    now_ms = int(seconds) * 1000 + int(microseconds) // 1000
    each = 2 * len(tags())
    counts = [sum(found[start : start + each : 2]) for start in range(0, len(Place) * each, each)]
    waiting, held_back, quiet, in_hand = counts
    ready = [first[0][1] for first in found[1::2] if first]
    overdue_s = max(0.0, (now_ms - min(ready)) / 1000) if ready else 0.0
    return LowPages(waiting, held_back, quiet, in_hand, overdue_s)


async def why_it_waits(connection: Connection, alert: str) -> list[str]:
    """A line for each telling of an alert that waits, with its reason and until when."""
    found = await Postbox(connection, "a reader").everything()
    mine = [each for each in found if each.order.delivery.startswith(f"{alert}:")]
    return [
        f"The page for {each.order.target} {_REASONS[each.place]}, at the longest until "
        f"{instant(each.ready_ms):%Y-%m-%d %H:%M:%S} UTC."
        for each in mine
    ]
