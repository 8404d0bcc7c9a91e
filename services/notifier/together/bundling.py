"""Which waiting pages of one person go now, and which of them as one. Pure.

Each page waits for `together` after it was ordered. Then all that waits of its patient goes with it. What
waited longer, for the end of quiet hours or a silence, or was held back by the limit, goes as one digest,
whomever it is about; so do findings that stood already when the feed went live.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from services.notifier.policy.deciding import Subject
from services.notifier.telling.orders import Order

_ID_LETTERS = 32
SOON_MS = 3_000
"""A page that waited for a channel that did not do goes by the next one with what else did, so much later."""


class Place(StrEnum):
    """Why an order waits: for others, for the limit, for quiet hours, or for the sender that has it."""

    WAIT = "wait"
    HELD = "held"
    QUIET = "quiet"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits until `ready_ms`, by the store's clock. The alert's own is `ahead_ms` ahead of it.

    `counted`: the limit counted it, by another channel of the person. `within`: the bundle in which a sender
    has it in hand, or had it when it died.
    """

    order: Order
    subject: Subject
    ready_ms: int
    ahead_ms: int = 0
    digest: bool = False
    counted: bool = False
    place: Place = Place.WAIT
    within: str = ""

    @property
    def patient(self) -> str:
        return self.subject.patient

    @property
    def alert(self) -> str:
        """The alert and its episode, without revision, step and target."""
        return self.order.delivery.removesuffix(f":{self.order.target}").rsplit(":", 2)[0]

    @property
    def told_within(self) -> str:
        """The delivery that a sender tells it by."""
        return self.within or self.order.delivery

    @property
    def held(self) -> bool:
        """Whether the limit holds it back."""
        return self.place is Place.HELD

    @property
    def in_digest(self) -> bool:
        """Whether it goes with those of other patients too."""
        return self.digest or self.place in (Place.HELD, Place.QUIET)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes to one person by one channel as one page, the oldest order first."""

    waiting: tuple[Waiting, ...]

    @property
    def delivery(self) -> str:
        """Its id: that of what it was when it was first given out, however little is left of it. Whoever got
        an earlier attempt was told all that a later one tells.
        """
        return self.waiting[0].within or delivery_of(self.orders)

    def in_hand(self) -> "Bundle":
        """As a sender has it."""
        within = self.delivery
        return Bundle(tuple(replace(each, within=within) for each in self.waiting))

    @property
    def pages(self) -> frozenset[str]:
        """What is told, whatever the channel."""
        return frozenset(order.delivery.removesuffix(f":{order.target}") for order in self.orders)

    @property
    def orders(self) -> tuple[Order, ...]:
        return tuple(each.order for each in self.waiting)

    def of(self, orders: Iterable[Order]) -> list[Waiting]:
        """What of it these orders are."""
        wanted = {order.delivery for order in orders}
        return [each for each in self.waiting if each.order.delivery in wanted]

    def without(self, orders: Iterable[Order]) -> "Bundle":
        """What is left of it."""
        over = {order.delivery for order in orders}
        return Bundle(tuple(each for each in self.waiting if each.order.delivery not in over))

    def held_back_of(self, orders: Iterable[Order]) -> int:
        """How many of these orders the limit held back."""
        return sum(each.held for each in self.of(orders))


def due(waiting: Iterable[Waiting], now_ms: int) -> list[Bundle]:
    """What goes at `now_ms` of all that waits for one person, by each channel for itself.

    Once something that was held back may go, everything that is due goes with it: the limit counts pages.
    What a sender that died had in hand goes again as it was: part of it under another id would come twice,
    and more of it under the same id not at all.
    """
    channels: dict[str, list[Waiting]] = {}
    for each in sorted(waiting, key=_oldest_first):
        channels.setdefault(each.order.target.channel, []).append(each)
    return [bundle for found in channels.values() for bundle in _by_one_channel(found, now_ms)]


def _by_one_channel(found: Sequence[Waiting], now_ms: int) -> list[Bundle]:
    again: dict[str, list[Waiting]] = {}
    for each in found:
        if each.within:
            again.setdefault(each.within, []).append(each)
    return [
        Bundle(tuple(each)) for each in (*again.values(), *_new([w for w in found if not w.within], now_ms))
    ]


def _new(found: Sequence[Waiting], now_ms: int) -> list[list[Waiting]]:
    ripe = [each for each in found if each.ready_ms <= now_ms]
    patients = dict.fromkeys(each.patient for each in ripe if not each.in_digest)
    bundles = [[each for each in found if each.patient == one and not each.in_digest] for one in patients]
    if any(each.in_digest for each in ripe):
        # A newer page of the same alert goes along: it stands for the older one, which is told no more.
        alerts = {each.alert for each in found if each.in_digest}
        digest = [each for each in found if each.in_digest or each.alert in alerts]
        bundles = [left for each in bundles if (left := [w for w in each if w.alert not in alerts])]
        if any(each.held for each in ripe):
            digest, bundles = sorted([*digest, *(w for each in bundles for w in each)], key=_oldest_first), []
        bundles.insert(0, digest)
    return bundles


def delivery_of(orders: Sequence[Order]) -> str:
    """The id of the page about these: one alone has its own."""
    return orders[0].delivery if len(orders) == 1 else delivery_together(orders)


def delivery_together(orders: Sequence[Order]) -> str:
    """The id of one page about all of these: of other ones it is another, so that a receiver drops none."""
    names = "\n".join(sorted(order.delivery for order in orders))
    return f"together:{sha256(names.encode()).hexdigest()[:_ID_LETTERS]}:{orders[0].target}"


def _oldest_first(each: Waiting) -> tuple[int, str]:
    return each.order.at_ms, each.order.delivery
