"""A web server on loopback that keeps its connections, and counts them and what came by them."""

import asyncio

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Keeping:
    """Takes everything."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self._open: dict[asyncio.StreamWriter, asyncio.Event] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Close every connection; returns when the other side has closed its end too."""
        ends = list(self._open.items())
        for writer, _ in ends:
            writer.write_eof()
        async with asyncio.timeout(30):
            await asyncio.gather(*(ended.wait() for _, ended in ends))

    async def close(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ended = self._open[writer] = asyncio.Event()
        try:
            while head := await _head(reader):
                lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
                await reader.readexactly(int(lengths[0].partition(":")[2]))
                self.requests += 1
                writer.write(_ANSWER)
        finally:
            del self._open[writer]
            ended.set()
            writer.close()


async def _head(reader: asyncio.StreamReader) -> str:
    """The next head, or nothing when the other side has closed."""
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""
