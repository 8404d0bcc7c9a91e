"""A web server on loopback that keeps what it was sent and answers from a script."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def raw(self) -> bytes:
        """All of it, to look for what must not be there."""
        heads = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.line}\n{heads}\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `held`: it never comes; `lost`: the connection ends instead; `dripping`: its body comes byte
    by byte and never ends; `body_after_s`: its body comes so long after its status.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    held: bool = False
    lost: bool = False
    dripping: bool = False
    body_after_s: float = 0


class Receiver:
    """Answers each request with the next of `replies`, then with `usual`."""

    def __init__(self, usual: Reply) -> None:
        self.usual = usual
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self._more = asyncio.Condition()
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> str:
        """The address, without a path."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    async def until(self, count: int) -> list[Request]:
        """What came, once there are `count` requests or more."""
        async with self._more, asyncio.timeout(60):
            await self._more.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            reply = self.replies.pop(0) if self.replies else self.usual
            async with self._more:
                self.requests.append(Request(head[0], headers, body))
                self._more.notify_all()
            if reply.held:
                await reader.read()
            if reply.held or reply.lost:
                return
            length = 1_000_000 if reply.dripping else len(reply.body)
            lines = [f"HTTP/1.1 {reply.status} x", f"Content-Length: {length}", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in reply.headers.items()]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            if reply.body_after_s:
                await writer.drain()
                await asyncio.sleep(reply.body_after_s)
            writer.write(reply.body)
            await writer.drain()
            if reply.dripping:
                await _drip(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte at a time, until the other side has closed."""
    with suppress(ConnectionError):
        while not reader.at_eof():
            writer.write(b".")
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.05)
