"""The pager of a benchmark: an HTTP server on loopback that notes what it was told, and when."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType

Read = Callable[[bytes], Iterable[str]]
"""The names of what a body pages."""

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """Counts pages by name; `first` has the time of each name's first page, by `time.perf_counter`."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._more = asyncio.Condition()
        self._open: set[asyncio.Task[None]] = set()
        self.pages: Counter[str] = Counter()
        self.first: dict[str, float] = {}

    async def __aenter__(self) -> "Receiver":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}/page"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for connection in self._open:
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def forget(self) -> None:
        """Begin to count anew."""
        self.pages.clear()
        self.first.clear()

    async def until(self, names: int, within_s: float) -> None:
        """Wait until so many names were paged, but no longer than `within_s`."""
        try:
            async with self._more, asyncio.timeout(within_s):
                await self._more.wait_for(lambda: len(self.pages) >= names)
        except TimeoutError:
            return

    async def until_calm(self, calm_s: float) -> None:
        """Wait until nothing was paged for `calm_s`."""
        count = -1
        while count != self.pages.total():
            count = self.pages.total()
            await asyncio.sleep(calm_s)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._open.add(connection)
        connection.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._note(await reader.readexactly(_length(head)))
                writer.write(_ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _note(self, body: bytes) -> None:
        at = time.perf_counter()
        async with self._more:
            for name in self._read(body):
                self.pages[name] += 1
                self.first.setdefault(name, at)
            self._more.notify_all()


def _length(head: bytes) -> int:
    lines = head.decode("latin-1").lower().split("\r\n")
    return next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
