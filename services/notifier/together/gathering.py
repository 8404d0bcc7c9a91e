"""Lets pages of low tiers wait for each other, and gives them to the sender as they are to go.

Any process may give out what any other has put here; about one person, one at a time decides.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from services.notifier.alerts import instant
from services.notifier.findings.change import milliseconds
from services.notifier.policy.deciding import Policy, Subject
from services.notifier.telling.orders import Order
from services.notifier.together.bundling import SOON_MS, Bundle, Place, Waiting, due
from services.notifier.together.limiting import Limit
from services.notifier.together.postbox import Postbox

POLL_S = 1.0
_WAKE_MS = 10_000
"""How often what waits for the end of quiet hours or a silence is looked at, since that may come early."""
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
        self._woken_ms = 0

    async def takes(self, order: Order) -> bool:
        """Whether an order waits here from now on. Those of tiers 1 and 2 never do."""
        rules, low = self._policy.low_tiers, order.low
        if rules is None or low is None or order.tier < _LOW:
            return False
        ready_ms = order.at_ms + (SOON_MS if low.soon else self._together_ms)
        subject = Subject(low.ward, order.tier, low.check, technical=False, patient=low.patient)
        # Quiet hours or a silence held it until just before it was ordered.
        waited = self._policy.hold(subject, instant(low.now_ms) - rules.together) is not None
        digest = waited or low.standing or low.soon
        ahead_ms = low.now_ms - order.at_ms
        await self._postbox.put(Waiting(order, subject, ready_ms, ahead_ms, digest, counted=low.soon))
        return True

    async def due(self) -> list[Bundle]:
        """What goes now; it is in our hand then. What the limit holds back stays, and is looked at again."""
        now_ms, waiting = await self._postbox.look()
        if now_ms - self._woken_ms >= _WAKE_MS:
            self._woken_ms = now_ms
            await self._wake(now_ms)
        bundles: list[Bundle] = []
        for person, pages in _by_person(waiting).items():
            if any(each.ready_ms <= now_ms for each in pages) and await self._postbox.lock(person):
                bundles += await self._decide(person, await self._postbox.standing(pages), now_ms)
                await self._postbox.unlock(person)
        return bundles

    async def _decide(self, person: str, pages: Sequence[Waiting], now_ms: int) -> list[Bundle]:
        rules = self._policy.low_tiers
        limit = Limit(
            rules.throttle if rules is not None else None, await self._postbox.told_ms(person), now_ms
        )
        going: list[Bundle] = []
        for bundle in due(await self._awake(pages, now_ms), now_ms):
            not_before_ms = limit.of(bundle)
            if not_before_ms is None:
                going.append(bundle.in_hand())
                await self._postbox.move(
                    bundle.waiting, Place.HAND, now_ms + self._hand_ms, within=bundle.delivery
                )
            else:
                self._held_back(len(bundle.waiting))
                await self._postbox.move(bundle.waiting, Place.HELD, not_before_ms)
        if limit.told_ms:
            await self._postbox.keep_told(person, limit.told_ms, limit.remembered_s)
        return going

    async def _awake(self, pages: Sequence[Waiting], now_ms: int) -> list[Waiting]:
        """Those that may go by the hour. Where quiet hours or a silence began while one waited, it goes with
        what they hold.
        """
        awake: list[Waiting] = []
        for each in pages:
            hold = self._policy.hold(each.subject, instant(now_ms + each.ahead_ms))
            if hold is None:
                awake.append(each)
            else:
                ends_ms = milliseconds(hold.until) - each.ahead_ms + self._together_ms
                await self._postbox.move([each], Place.QUIET, ends_ms)
        return awake

    async def _wake(self, now_ms: int) -> None:
        """What waits for quiet hours or a silence that ended early, or left the policy, waits no longer."""
        soon_ms = now_ms + self._together_ms
        quiet = [each for each in await self._postbox.everything() if each.place is Place.QUIET]
        for person, pages in _by_person(quiet).items():
            awake = [
                each
                for each in pages
                if each.ready_ms > soon_ms
                and self._policy.hold(each.subject, instant(now_ms + each.ahead_ms)) is None
            ]
            if awake and await self._postbox.lock(person):
                await self._postbox.move(awake, Place.QUIET, soon_ms)
                await self._postbox.unlock(person)

    @property
    def _together_ms(self) -> int:
        rules = self._policy.low_tiers
        return milliseconds_of(rules.together) if rules is not None else 0

    async def keep(self, bundle: Bundle, wait_s: float) -> None:
        """It is tried again in `wait_s` seconds, by us if we live."""
        now_ms = await self._postbox.now_ms()
        until_ms = now_ms + round(wait_s * 1000) + self._hand_ms
        await self._postbox.move(bundle.waiting, Place.HAND, until_ms, within=bundle.delivery)

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
