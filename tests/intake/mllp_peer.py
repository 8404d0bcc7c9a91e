"""The other side of the MLLP door: what an integration engine does, and what it never should."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.mllp.desk import Desk
from services.intake.mllp.framing import framed
from services.intake.mllp.limits import Limits
from services.intake.mllp.server import MllpServer
from tests.intake.hl7v2_writing import message, rxa, rxe
from tests.intake.test_publisher import SITE

WITHIN_S = 60.0
MSH = r"MSH|^~\&|MAR|WEST|DW|HERE|20260301080512+0100||{kind}|%s|P|2.5.1"
LIVE = Door(clock=lambda: datetime.now(UTC))


def dose(control_id: str = "C1", **changed: str) -> bytes:
    """10 mg of baclofen, given to Jane Roe; a time in the past of any clock."""
    order = f"ORC|RE|ORD-{control_id}"
    return message("RAS^O17^RAS_O17", order, rxa(**changed), msh=MSH % control_id)


def order(control_id: str) -> bytes:
    """5 mg of baclofen, ordered for Jane Roe."""
    orc = f"ORC|NW|ORD-{control_id}^CPOE|||||||20260301080000+0100"
    return message("RDE^O11^RDE_O11", orc, rxe(), "TQ1|1|1|BID", "RXR|PO", msh=MSH % control_id)


class Peer:
    """One connection to the door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, content: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self) -> list[list[str]]:
        """The next answer as segments of fields. Raises `IncompleteReadError` when the door hangs up."""
        async with asyncio.timeout(WITHIN_S):
            content = await self.reader.readuntil(b"\x1c\r")
        assert content.startswith(b"\x0b")
        return [line.split("|") for line in content[1:-2].decode().removesuffix("\r").split("\r")]

    async def brings(self, content: bytes) -> tuple[str, str]:
        """Send a message and wait: the code of its answer, and the control id that it answers."""
        await self.send(framed(content))
        _, msa, *_ = await self.answer()
        return msa[1], msa[2]

    async def hung_up(self) -> bytes:
        """Wait until the door hangs up; what it still said."""
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def door_at(
    bootstrap: str,
    *,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    tls: ssl.SSLContext | None = None,
    patience_s: float = 15.0,
    reject_unstored: bool = False,
) -> AsyncIterator[MllpServer]:
    """The door on a free port of loopback, in front of a Kafka."""
    place = socket.create_server(("127.0.0.1", 0))
    async with Acceptor(bootstrap, SITE, LIVE, patience_s=patience_s) as acceptor:
        desk = Desk(acceptor, LIVE, reject_unstored=reject_unstored)
        async with MllpServer(place, desk, limits, tls) as server:
            yield server


@asynccontextmanager
async def peer_of(server: MllpServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """A peer that is connected."""
    name = "localhost" if tls is not None else None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls, server_hostname=name)
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()
