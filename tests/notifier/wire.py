"""The wire between a client and a server on loopback, and what may happen to it."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType

_CHUNK = 65_536
Cut = Callable[[], bool]


def never() -> bool:
    return False


class Wire:
    """Passes bytes on. While `swallows`, nothing comes through and nothing is refused: the other end is gone
    and the network does not say so. `cuts` is asked before each answer; where it says so the server has done
    what it was asked for, and the client hears nothing but that the connection is gone.
    """

    def __init__(self, port: int, cuts: Cut = never) -> None:
        self._to = port
        self._cuts = cuts
        self._tasks: set[asyncio.Task[None]] = set()
        self.swallows = False
        self.cut = 0

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
        ways = [
            asyncio.create_task(self._pass(reader, to_writer, never)),
            asyncio.create_task(self._pass(to_reader, writer, self._cuts)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, to_writer):
                end.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, cuts: Cut) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(_CHUNK):
                if self.swallows:
                    continue
                if cuts():
                    self.cut += 1
                    return
                target.write(data)
                await target.drain()
