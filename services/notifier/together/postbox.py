"""Where pages of low tiers wait in the store, in the shard of their patient, for as long as nobody has them.

One sorted set per shard and `Place`, by when to look at each order again. An order is in one of them until it
is over: what a sender that died had in hand is looked at again.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from services.notifier.policy.deciding import Subject
from services.notifier.policy.plan import Target
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM, key, tags
from services.notifier.store.round_trips import Call
from services.notifier.telling.orders import GROUP, Order
from services.notifier.together.bundling import Place, Waiting

_LOCK_MS = 10_000
_AT_ONCE = 500


class Postbox:
    """Every call may be repeated without effect. `holder` names this sender."""

    def __init__(self, connection: Connection, holder: str) -> None:
        self._connection = connection
        self._holder = holder

    async def put(self, waiting: Waiting) -> None:
        """Keep an order here until it goes, and no longer in the stream of orders."""
        order = waiting.order
        out = key(order.tag, "out")

        async def attempt() -> None:
            pipeline = self._connection.client.pipeline(transaction=True)
            pipeline.zadd(_key(order, Place.WAIT), {_written(waiting): waiting.ready_ms}, nx=True)
            pipeline.xack(out, GROUP, order.entry)
            pipeline.xdel(out, order.entry)
            await pipeline.execute()

        await self._connection.repeated(attempt)

    async def look(self) -> tuple[int, list[Waiting]]:
        """The store's time, and everything that waits if any of it is due; what is in a sender's hand only
        once that sender should have been done with it.
        """

        async def first() -> list[Any]:
            pipeline = self._connection.client.pipeline(transaction=False)
            pipeline.time()
            for tag in tags():
                for place in Place:
                    pipeline.zrange(key(tag, "low", place.value), 0, 0, withscores=True)
            return list(await pipeline.execute())

        (seconds, microseconds), *firsts = await self._connection.repeated(first)
        now_ms = int(seconds) * 1000 + int(microseconds) // 1000
        if not any(entries and entries[0][1] <= now_ms for entries in firsts):
            return now_ms, []
        everything = await self.everything()
        in_hand = {w.told_within for w in everything if w.place is Place.HAND and w.ready_ms > now_ms}
        return now_ms, [each for each in everything if each.told_within not in in_hand]

    async def now_ms(self) -> int:
        """The store's time."""
        seconds, microseconds = await self._connection.repeated(lambda: self._connection.client.time())
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def everything(self) -> list[Waiting]:
        """All that is here."""

        async def attempt() -> list[Any]:
            pipeline = self._connection.client.pipeline(transaction=False)
            for tag in tags():
                for place in Place:
                    pipeline.zrange(key(tag, "low", place.value), 0, -1, withscores=True)
            return list(await pipeline.execute())

        names = [(tag, place) for tag in tags() for place in Place]
        answers = await self._connection.repeated(attempt)
        return [
            _read(tag, place, text, score)
            for (tag, place), entries in zip(names, answers, strict=True)
            for text, score in entries
        ]

    async def move(self, waiting: Sequence[Waiting], place: Place, until_ms: int, within: str = "") -> None:
        """To another place, or longer in the same one; `within`: the bundle in which a sender has it."""

        async def attempt(part: Sequence[Waiting]) -> None:
            pipeline = self._connection.client.pipeline(transaction=False)
            for each in part:
                # To its new place first: in two places it is looked at twice, in none it would be lost.
                kept = replace(each, within=within)
                pipeline.zadd(_key(each.order, place), {_written(kept): until_ms})
                for text in {_written(each), _written(kept)}:
                    for other in Place:
                        if other != place or text != _written(kept):
                            pipeline.zrem(_key(each.order, other), text)
            await pipeline.execute()

        for start in range(0, len(waiting), _AT_ONCE):
            part = waiting[start : start + _AT_ONCE]
            await self._connection.repeated(partial(attempt, part))

    async def standing(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Those that are still to be told, as far as the store can say; the others wait no more.

        What a sender had in hand stands: they may have been told, and it has its number in the limit.
        """
        mine = [each for each in waiting if not each.within]
        calls: list[Call] = [
            ("drop_moot", [key(each.order.tag, "out")], [each.order.delivery]) for each in mine
        ]
        answers = await self._connection.call_in_order(calls) if calls else ()
        over = {each for each, answer in zip(mine, answers, strict=True) if answer == "over"}
        await self.finished([*over])
        return [each for each in waiting if each not in over]

    async def finished(self, waiting: Sequence[Waiting]) -> None:
        """They are over."""

        async def attempt(part: Sequence[Waiting]) -> None:
            pipeline = self._connection.client.pipeline(transaction=False)
            for each in part:
                for place in Place:
                    pipeline.zrem(_key(each.order, place), _written(each))
            await pipeline.execute()

        for start in range(0, len(waiting), _AT_ONCE):
            part = waiting[start : start + _AT_ONCE]
            await self._connection.repeated(partial(attempt, part))

    async def lock(self, person: str) -> bool:
        """Whether it is ours to decide about a person for some seconds, or until `unlock`."""
        name = key(SYSTEM, "low", "lock", person)

        async def attempt() -> bool:
            ours = await self._connection.client.set(name, self._holder, nx=True, px=_LOCK_MS)
            return bool(ours) or await self._connection.client.get(name) == self._holder

        return await self._connection.repeated(attempt)

    async def unlock(self, person: str) -> None:
        """Others may decide."""
        name = key(SYSTEM, "low", "lock", person)

        async def attempt() -> None:
            if await self._connection.client.get(name) == self._holder:
                await self._connection.client.delete(name)

        await self._connection.repeated(attempt)

    async def told_ms(self, person: str) -> list[int]:
        """When pages of low tiers went to a person lately."""
        name = key(SYSTEM, "low", "told", person)
        text = await self._connection.repeated(lambda: self._connection.client.get(name))
        return [int(at) for at in orjson.loads(text)] if text else []

    async def keep_told(self, person: str, told_ms: Sequence[int], for_s: int) -> None:
        """Remember it for so long."""
        name, text = key(SYSTEM, "low", "told", person), orjson.dumps(list(told_ms))
        await self._connection.repeated(lambda: self._connection.client.set(name, text, ex=for_s))


def _key(order: Order, place: Place) -> str:
    return key(order.tag, "low", place.value)


def _written(waiting: Waiting) -> str:
    order, subject = waiting.order, waiting.subject
    content = {
        "entry": order.entry,
        "delivery": order.delivery,
        "to": str(order.target),
        "tier": order.tier,
        "patient": subject.patient,
        "ward": subject.ward,
        "check": subject.check,
        "ahead": waiting.ahead_ms,
        "digest": waiting.digest,
        "counted": waiting.counted,
        **({"within": waiting.within} if waiting.within else {}),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def _read(tag: str, place: Place, text: str, score: float) -> Waiting:
    said = orjson.loads(text)
    order = Order(tag, said["entry"], said["delivery"], Target.parse(said["to"]), said["tier"])
    subject = Subject(said["ward"], order.tier, said["check"], technical=False, patient=said["patient"])
    within = said.get("within", "")
    return Waiting(order, subject, int(score), said["ahead"], said["digest"], said["counted"], place, within)
