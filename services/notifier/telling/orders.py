"""The stream of delivery orders: new ones for this sender, and those that another sender left lying."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from services.notifier.policy.plan import Target
from services.notifier.store.connection import STREAM_BLOCK_MS, Connection
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import key, tags

log = logging.getLogger(__name__)
GROUP = "send"
_AT_ONCE = 100


def _is_missing(error: ResponseError) -> bool:
    """Whether the stream or its group is gone.

    Never made, or lost with the store (also while we waited on it).
    """
    return "NOGROUP" in str(error) or "UNBLOCKED" in str(error)


@dataclass(frozen=True, slots=True)
class LowPage:
    """What decides with what else a page of a low tier may go. `now_ms`: when it was ordered, by the alert's
    clock. `standing`: it stood already when the feed went live. `soon`: it has waited for another channel.
    """

    patient: str
    ward: str
    check: str
    now_ms: int
    standing: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One telling to be made: its delivery id, target, and place in the stream of a shard.

    `tier` says how soon; an order that does not say is taken for the loudest. `low`: set where it is a page
    that may go together with others; `at_ms` is when it was ordered, by the store's clock.
    """

    tag: str
    entry: str
    delivery: str
    target: Target
    tier: int = 1
    low: LowPage | None = None

    @property
    def alert(self) -> str:
        """The id of the alert that is told."""
        return self.delivery.removesuffix(f":{self.target}").rsplit(":", 3)[0]

    @property
    def at_ms(self) -> int:
        return int(self.entry.partition("-")[0] or 0)


def order_of(tag: str, entry: str, fields: Mapping[str, str]) -> Order:
    """The order in an entry of the stream `out`; one of the first layout names a channel of the desk."""
    target = Target.of(fields.get("to") or fields["ch"])
    return Order(tag, entry, fields["did"], target, int(fields.get("tier", "1")), _low_page_of(fields))


def _low_page_of(fields: Mapping[str, str]) -> LowPage | None:
    if "patient" not in fields:
        return None
    return LowPage(
        patient=fields["patient"],
        ward=fields["ward"],
        check=fields["check"],
        now_ms=int(fields["now"]),
        standing=fields["standing"] == "1",
        soon=fields["soon"] == "1",
    )


class OrderStream:
    """Reads the `out` streams of all shards as one member of the consumer group `send`."""

    def __init__(self, connection: Connection, holder: str) -> None:
        self._connection = connection
        self._holder = holder
        self._names = {key(tag, "out"): tag for tag in tags()}
        self._looked_to = dict.fromkeys(self._names, "0-0")

    async def next(self) -> list[Order]:
        """New orders, waiting up to two seconds for the first.

        A missing group is made, from the beginning.
        """

        async def attempt() -> Any:
            return await self._connection.streams.xreadgroup(
                GROUP, self._holder, dict.fromkeys(self._names, ">"), count=_AT_ONCE, block=STREAM_BLOCK_MS
            )

        try:
            found = await self._connection.repeated(attempt)
        except ResponseError as error:
            if not _is_missing(error):
                raise
            await self.make_groups()
            return []
        return [order for name, entries in found or () for order in self._orders(self._names[name], entries)]

    async def abandoned(self, idle_s: float) -> list[Order]:
        """Orders that some sender took `idle_s` seconds ago or more and did not finish; now ours.

        Each call looks at some hundreds of each shard, from where the last one ended.
        """
        orders: list[Order] = []
        for name, tag in self._names.items():

            async def attempt(name: str = name) -> Any:
                return await self._connection.client.xautoclaim(
                    name,
                    GROUP,
                    self._holder,
                    min_idle_time=round(idle_s * 1000),
                    start_id=self._looked_to[name],
                    count=_AT_ONCE,
                )

            try:
                found = await self._connection.repeated(attempt)
            except ResponseError as error:
                if not _is_missing(error):
                    raise
                await self.make_groups()
                continue
            self._looked_to[name] = found[0]
            orders += self._orders(tag, found[1])
        return orders

    @staticmethod
    def _orders(tag: str, entries: list[tuple[str, dict[str, str]]]) -> list[Order]:
        """Those that can be read; the others stay where they are, and count as tellings that wait."""
        orders: list[Order] = []
        for entry, fields in entries:
            try:
                orders += [order_of(tag, entry, fields)] if fields else []
            except UNREADABLE:
                log.error("an order in the store cannot be read: %s of shard %s", entry, tag)
        return orders

    async def make_groups(self) -> None:
        """Make the consumer group where it is missing.

        It begins with the oldest order that is not finished.
        """
        for name in self._names:

            async def attempt(name: str = name) -> None:
                try:
                    await self._connection.client.xgroup_create(name, GROUP, id="0", mkstream=True)
                except ResponseError as error:
                    if "BUSYGROUP" not in str(error):
                        raise

            await self._connection.repeated(attempt)
