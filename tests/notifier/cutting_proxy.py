"""Between a client and its server: passes everything on, and cuts some connections before their answer."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

_AT_ONCE = 1 << 20


@dataclass
class CuttingProxy:
    """Cuts before one answer in `one_in`, with 0 none; `cuts` counts. While `swallows`, nothing comes through
    and nothing is refused: the other end is gone, and the network does not say so. `lose_connections` does
    that to the connections there are, and not to new ones.
    """

    server: str
    one_in: int
    swallows: bool = False
    seed: int = 1
    address: str = ""
    url: str = ""
    cuts: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._carried: set[asyncio.Task[None]] = set()
        self._lost: set[asyncio.Task[None]] = set()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a new connection until either end, or the test, ends it."""
        carried = asyncio.create_task(self._carry(reader, writer))
        self._carried.add(carried)
        carried.add_done_callback(self._carried.discard)

    def lose_connections(self) -> None:
        """Something on the way forgets the connections that there are."""
        self._lost |= self._carried

    async def close(self) -> None:
        """End every connection."""
        for carried in self._carried:
            carried.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = urlsplit(self.server)
        up_reader, up_writer = await asyncio.open_connection(where.hostname, where.port)
        requests = asyncio.create_task(_pass_on(reader, up_writer))
        try:
            while answer := await up_reader.read(_AT_ONCE):
                if self.swallows or asyncio.current_task() in self._lost:
                    continue
                if self.one_in and self._random.randrange(self.one_in) == 0:
                    self.cuts += 1
                    return
                writer.write(answer)
                await writer.drain()
        finally:
            requests.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await requests
            up_writer.close()
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while sent := await reader.read(_AT_ONCE):
        writer.write(sent)
        await writer.drain()


@asynccontextmanager
async def cutting(server: str, one_in: int = 0) -> AsyncIterator[CuttingProxy]:
    """A proxy before a server at an address such as redis://127.0.0.1:6379/0."""
    proxy = CuttingProxy(server, one_in)
    listening = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()[:2]
    proxy.address = f"{host}:{port}"
    proxy.url = f"redis://{host}:{port}/0"
    try:
        yield proxy
    finally:
        listening.close()
        await proxy.close()
