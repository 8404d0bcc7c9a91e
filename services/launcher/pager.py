"""A pager on loopback: a webhook receiver that verifies signatures and drops repetitions.

It stands where a site's own pager gateway would, and shows what such a gateway has to do.
"""

import asyncio
import time
from dataclasses import dataclass

import orjson

from services.notifier.channels.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify
from services.notifier.telling.messages import MessageKind

_LONGEST_BODY = 64 * 1024
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message that was ours, unchanged and new."""

    delivery: str
    kind: MessageKind
    alert: str
    episode: int
    revision: int


class Pager:
    """`receipts` holds each delivery once; `repeated` and `refused` count what was dropped."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._server: asyncio.Server | None = None
        self._seen: set[str] = set()
        self.receipts: list[Receipt] = []
        self.repeated = 0
        self.refused = 0

    async def start(self) -> str:
        """Listen on a free loopback port; the address for the notifier."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST_BODY)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}/page"

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                status = await self._answer(reader)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            self.refused += 1
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.refused += 1
            return "400 Bad Request"
        body = await reader.readexactly(int(length))
        timestamp = headers.get(TIMESTAMP_HEADER.lower(), "")
        signature = headers.get(SIGNATURE_HEADER.lower(), "")
        if not verify(self._secret, timestamp, body, signature, int(time.time())):
            self.refused += 1
            return "401 Unauthorized"
        self._keep(headers.get("idempotency-key", ""), body)
        return "200 OK"

    def _keep(self, delivery: str, body: bytes) -> None:
        if delivery in self._seen:
            self.repeated += 1
            return
        self._seen.add(delivery)
        content = orjson.loads(body)
        self.receipts.append(
            Receipt(
                delivery,
                MessageKind(content["kind"]),
                content["alert"],
                content["episode"],
                content["revision"],
            )
        )
