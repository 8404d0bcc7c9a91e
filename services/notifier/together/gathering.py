"""Lets pages of low tiers wait for each other, and gives them to the sender as they are to go.

Any process may give out what any other has put here; about one person, one at a time decides.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from services.notifier.alerts import instant
from services.notifier.orders import LowPage, Order
from services.notifier.policy.deciding import Policy, Subject
from services.notifier.policy.routes import LowTiers
from services.notifier.together.bundling import SOON_MS, Bundle, Waiting, due
from services.notifier.together.limiting import Limit
from services.notifier.together.postbox import Postbox

POLL_S = 1.0
_LOW = 3


class Gatherer:
    """`hand_s`: for how long what was given out counts as being in hand. `held_back` hears how many pages the
    limit holds back.
    """

    def __init__(
        self,
        postbox: Postbox,
        policy: Policy,
        hand_s: float,
        held_back: Callable[[int], None] = lambda _pages: None,
    ) -> None:
        self._postbox = postbox
        self._policy = policy
        self._hand_ms = round(hand_s * 1000)
        self._held_back = held_back

    async def takes(self, order: Order) -> bool:
        """Whether an order waits here from now on. Those of tiers 1 and 2 never do."""
        rules, low = self._policy.low_tiers, order.low
        if rules is None or low is None or order.tier < _LOW:
            return False
        ready_ms = order.at_ms + (SOON_MS if low.soon else milliseconds_of(rules.together))
        digest = low.standing or low.soon or self._has_waited(order.tier, low, rules)
        await self._postbox.put(Waiting(order, low.patient, digest, ready_ms, counted=low.soon))
        return True

    def _has_waited(self, tier: int, low: LowPage, rules: LowTiers) -> bool:
        """Whether quiet hours or a silence held it until just before it was ordered."""
        subject = Subject(low.ward, tier, low.check, technical=False, patient=low.patient)
        return self._policy.hold(subject, instant(low.now_ms) - rules.together) is not None

    async def due(self) -> list[Bundle]:
        """What goes now; it is in our hand then. What the limit holds back stays, and is looked at again."""
        now_ms, waiting = await self._postbox.look()
        bundles: list[Bundle] = []
        for person, pages in _by_person(waiting).items():
            if any(each.ready_ms <= now_ms for each in pages) and await self._postbox.lock(person):
                bundles += await self._decide(person, pages, now_ms)
                await self._postbox.unlock(person)
        return bundles

    async def _decide(self, person: str, pages: Sequence[Waiting], now_ms: int) -> list[Bundle]:
        rules = self._policy.low_tiers
        limit = Limit(
            rules.throttle if rules is not None else None, await self._postbox.told_ms(person), now_ms
        )
        going: list[Bundle] = []
        for bundle in due(pages, now_ms):
            not_before_ms = limit.of(bundle)
            if not_before_ms is None:
                going.append(bundle)
                await self._postbox.move(bundle.waiting, "hand", now_ms + self._hand_ms)
            else:
                self._held_back(len(bundle.waiting))
                await self._postbox.move(bundle.waiting, "held", not_before_ms)
        if limit.told_ms:
            await self._postbox.keep_told(person, limit.told_ms, limit.remembered_s)
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


def _by_person(waiting: Sequence[Waiting]) -> Mapping[str, list[Waiting]]:
    found: dict[str, list[Waiting]] = {}
    for each in waiting:
        found.setdefault(each.order.target.person, []).append(each)
    return found
