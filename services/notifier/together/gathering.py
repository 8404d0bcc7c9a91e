"""Lets pages of low tiers wait for each other, and gives them to the sender as they are to go.

Any process may give out what any other has put here; about one person and channel, one at a time decides.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from services.notifier.alerts import instant
from services.notifier.change import milliseconds
from services.notifier.orders import LowPage, Order
from services.notifier.policy.deciding import Policy, Subject
from services.notifier.policy.plan import Target
from services.notifier.policy.routes import LowTiers
from services.notifier.policy.throttling import throttled
from services.notifier.together.bundling import SOON_MS, Bundle, Waiting, due
from services.notifier.together.postbox import Postbox

log = logging.getLogger(__name__)
POLL_S = 1.0
_LOW = 3


class Gatherer:
    """`hand_s`: for how long what was given out counts as being in hand."""

    def __init__(self, postbox: Postbox, policy: Policy, hand_s: float) -> None:
        self._postbox = postbox
        self._policy = policy
        self._hand_ms = round(hand_s * 1000)

    async def takes(self, order: Order) -> bool:
        """Whether an order waits here from now on. Those of tiers 1 and 2 never do."""
        rules, low = self._policy.low_tiers, order.low
        if rules is None or low is None or order.tier < _LOW:
            return False
        ready_ms = order.at_ms + (SOON_MS if low.soon else milliseconds_of(rules.together))
        digest = low.standing or low.soon or self._has_waited(order.tier, low, rules)
        await self._postbox.put(Waiting(order, low.patient, digest, ready_ms))
        return True

    def _has_waited(self, tier: int, low: LowPage, rules: LowTiers) -> bool:
        """Whether quiet hours or a silence held it until just before it was ordered."""
        subject = Subject(low.ward, tier, low.check, technical=False, patient=low.patient)
        return self._policy.hold(subject, instant(low.now_ms) - rules.together) is not None

    async def due(self) -> list[Bundle]:
        """What goes now; it is in our hand then. What the limit holds back stays, and is looked at again."""
        now_ms, waiting = await self._postbox.look()
        bundles: list[Bundle] = []
        for target, pages in _by_target(waiting).items():
            if any(each.ready_ms <= now_ms for each in pages) and await self._postbox.lock(target):
                bundles += await self._decide(target, pages, now_ms)
                await self._postbox.unlock(target)
        return bundles

    async def _decide(self, target: Target, pages: Sequence[Waiting], now_ms: int) -> list[Bundle]:
        rules = self._policy.low_tiers
        throttle = rules.throttle if rules is not None else None
        told = tuple(map(instant, await self._postbox.told_ms(target))) if throttle is not None else ()
        going: list[Bundle] = []
        for bundle in due(pages, now_ms):
            verdict = throttled(throttle, told, instant(now_ms))
            told = verdict.told
            if verdict.not_before is None:
                going.append(bundle)
                await self._postbox.move(bundle.waiting, "hand", now_ms + self._hand_ms)
            else:
                log.info("%d pages of low tiers are held back by the limit", len(bundle.waiting))
                await self._postbox.move(bundle.waiting, "held", milliseconds(verdict.not_before))
        if throttle is not None and going:
            kept = tuple(map(milliseconds, told))
            await self._postbox.keep_told(target, kept, round(throttle.within.total_seconds()) + 1)
        return going

    async def keep(self, bundle: Bundle, wait_s: float) -> None:
        """It is tried again in `wait_s` seconds, by us if we live."""
        now_ms = await self._postbox.now_ms()
        await self._postbox.move(bundle.waiting, "hand", now_ms + round(wait_s * 1000) + self._hand_ms)

    async def finished(self, waiting: Sequence[Waiting]) -> None:
        """These are over: told, given up, or not to be told any more."""
        await self._postbox.finished(waiting)


def milliseconds_of(span: timedelta) -> int:
    """Whole milliseconds."""
    return round(span.total_seconds() * 1000)


def _by_target(waiting: Sequence[Waiting]) -> Mapping[Target, list[Waiting]]:
    found: dict[Target, list[Waiting]] = {}
    for each in waiting:
        found.setdefault(each.order.target, []).append(each)
    return found
