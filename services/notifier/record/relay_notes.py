"""What the relay keeps in the store: who relays, how far it has come, and the heads of the chains."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import cast

from services.notifier.audit.chain import Head, chain_name
from services.notifier.store.connection import Connection
from services.notifier.store.identifiers import SYSTEM, key, tags

LOCK_MS = 15_000


class Hold(Enum):
    """Whose turn it is to relay: ours since just now, ours as before, or another's."""

    BEGUN = auto()
    KEPT = auto()
    OTHERS = auto()


class RelayNotes:
    """Reads and writes them for the process named `holder`."""

    def __init__(self, connection: Connection, holder: str) -> None:
        self._connection = connection
        self._holder = holder
        self._lock = key(SYSTEM, "relay")

    async def hold(self) -> Hold:
        """Take the lock, or keep it for another `LOCK_MS`."""
        client = self._connection.client

        async def attempt() -> Hold:
            if await client.set(self._lock, self._holder, nx=True, px=LOCK_MS):
                return Hold.BEGUN
            if await client.get(self._lock) != self._holder:
                return Hold.OTHERS
            return Hold.KEPT if await client.pexpire(self._lock, LOCK_MS) else Hold.OTHERS

        return await self._connection.repeated(attempt)

    async def release(self) -> None:
        """Let another relay at once."""
        await self._connection.repeated(lambda: self._connection.client.delete(self._lock))

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the lock during something that may last longer than it."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LOCK_MS / 3000)
            await self._connection.repeated(lambda: self._connection.client.pexpire(self._lock, LOCK_MS))

    async def behind(self) -> dict[str, str]:
        """The last entry relayed, by shard; a shard of which none was relayed is missing."""
        names = [key(tag, "rel") for tag in tags()]
        found = cast(
            list[str | None], await self._connection.repeated(lambda: self._connection.client.mget(names))
        )
        return {tag: last for tag, last in zip(tags(), found, strict=True) if last is not None}

    async def heads(self) -> dict[str, Head]:
        """The head of each chain that this store knows."""

        async def attempt() -> list[dict[str, str]]:
            pipeline = self._connection.client.pipeline(transaction=False)
            for tag in tags():
                pipeline.hgetall(key(tag, "chain"))
            return list(await pipeline.execute())

        found = zip(tags(), await self._connection.repeated(attempt), strict=True)
        return {
            chain_name(tag, int(partition)): _head(text)
            for tag, kept in found
            for partition, text in kept.items()
        }

    async def note(self, behind: Mapping[str, str], heads: Mapping[str, Head]) -> None:
        """Keep how far the shards were relayed together with the heads of their chains."""

        async def attempt() -> None:
            pipeline = self._connection.client.pipeline(transaction=True)
            for tag, last in behind.items():
                pipeline.set(key(tag, "rel"), last)
            for chain, head in heads.items():
                tag, _, partition = chain.rpartition("-")
                pipeline.hset(key(tag, "chain"), partition, f"{head.sequence} {head.hash} {head.offset}")
            await pipeline.execute()

        if behind:
            await self._connection.repeated(attempt)


def _head(text: str) -> Head:
    sequence, digest, offset = text.split(" ")
    return Head(int(sequence), digest, int(offset))
