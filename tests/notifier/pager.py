"""A pager gateway on loopback: a real HTTP server that verifies signatures and drops repetitions."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.notifier.channels.signing import verify

SECRET = b"a secret of the test's own"


@dataclass(frozen=True, slots=True)
class Received:
    """One request whose signature is right."""

    delivery: str
    content: dict[str, Any]
    body: bytes


@dataclass
class Pager:
    """Answers each request with the next of `answers` (200 when there is none left)."""

    answers: list[tuple[int, dict[str, str]] | None] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    forged: int = 0

    def __post_init__(self) -> None:
        self._more = asyncio.Condition()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}/page"

    async def close(self) -> None:
        if not hasattr(self, "_server"):
            return
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            await self._note(headers, body)
            answer = self.answers.pop(0) if self.answers else (200, {})
            if answer is not None:
                status, extra = answer
                lines = [f"HTTP/1.1 {status} x", "Content-Length: 0", "Connection: close"]
                lines += [f"{name}: {value}" for name, value in extra.items()]
                writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                await writer.drain()
        finally:
            writer.close()

    async def _note(self, headers: dict[str, str], body: bytes) -> None:
        signed = verify(
            SECRET, headers["dosewarden-timestamp"], body, headers["dosewarden-signature"], int(time.time())
        )
        async with self._more:
            if signed:
                self.received.append(Received(headers["idempotency-key"], orjson.loads(body), body))
            else:
                self.forged += 1
            self._more.notify_all()

    @property
    def alerts(self) -> set[str]:
        """The alerts that it heard of."""
        return {received.content["alert"] for received in self.received}

    async def until(self, count: int) -> list[Received]:
        """What was received, once there are `count` requests or more."""
        async with self._more, asyncio.timeout(60):
            await self._more.wait_for(lambda: len(self.received) >= count)
        return self.received
