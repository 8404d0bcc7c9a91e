"""Listens for peers, and gives each a conversation."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from types import TracebackType

from services.intake.mllp.conversation import Conversation
from services.intake.mllp.desk import Desk
from services.intake.mllp.limits import Limits
from services.intake.mllp.peers import certificate_shown, peer_of, source_of
from services.intake.trust.sources import Sources

log = logging.getLogger(__name__)

_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""A peer that is gone without a word is noticed after two minutes."""
_READ_AHEAD = 64 * 1024


class MllpServer:
    """Enter it and peers are answered on `place`, a listening socket; leaving it takes nothing new, answers
    what was brought, and ends. Without `sources` nobody is asked who they are. `admitted` is asked of each
    certificate (DER) that is shown.

    `broken` counts conversations that ended by a fault of ours, `strangers` peers that are none of `sources`.
    """

    def __init__(
        self,
        place: socket.socket,
        desk: Desk,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
        sources: Sources | None = None,
        admitted: Callable[[bytes], bool] = lambda _certificate: True,
    ) -> None:
        self._place = place
        self._desk = desk
        self._limits = limits
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._conversations: dict[asyncio.Task[None], Conversation] = {}
        self._full = False
        self._sources = sources
        self._admitted = admitted
        self.broken = 0
        self.strangers = 0

    async def __aenter__(self) -> "MllpServer":
        # Linux hands these options of a listening socket on to the sockets that it accepts.
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            self._place.setsockopt(socket.IPPROTO_TCP, option, value)
        handshake = self._limits.handshake_s if self._tls is not None else None
        self._server = await asyncio.start_server(
            self._meet, sock=self._place, limit=_READ_AHEAD, ssl=self._tls, ssl_handshake_timeout=handshake
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.part_from_all()
        tasks = set(self._conversations)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._limits.ending_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def part_from_all(self) -> None:
        """End every conversation as soon as what was brought is answered; whoever may connects again."""
        for conversation in self._conversations.values():
            conversation.leave()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._place.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many peers are connected."""
        return len(self._conversations)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = peer_of(writer)
        task = asyncio.current_task()
        if task is None or len(self._conversations) >= self._limits.connections:
            self._note_full(peer)
            writer.transport.abort()
            return
        self._full = False
        desk = self._desk_for(writer)
        if desk is None:
            self.strangers += 1
            log.warning("%s is turned away: it is none of the sources (%d so far)", peer, self.strangers)
            writer.transport.abort()
            return
        conversation = Conversation(reader, writer, desk, peer, self._limits)
        self._conversations[task] = conversation
        try:
            await conversation.run()
        except Exception as error:  # noqa: BLE001 (a fault of ours ends one conversation and no other)
            self.broken += 1
            log.error("the conversation with %s ended by a fault: %s", peer, type(error).__name__)
        finally:
            await self._part(writer)
            del self._conversations[task]

    def _desk_for(self, writer: asyncio.StreamWriter) -> Desk | None:
        """Where the peer brings what it has; None for a stranger, or one whose certificate is revoked."""
        shown = certificate_shown(writer)
        if shown and not self._admitted(shown):
            return None
        if self._sources is None:
            return self._desk
        source = source_of(writer, self._sources)
        return None if source is None else self._desk.of(source)

    async def _part(self, writer: asyncio.StreamWriter) -> None:
        """Close, and no longer wait for a peer that does not read what it was sent."""
        writer.close()
        try:
            async with asyncio.timeout(self._limits.answer_s):
                await writer.wait_closed()
        except OSError:
            writer.transport.abort()

    def _note_full(self, peer: str) -> None:
        if not self._full:
            log.warning("%s is turned away: %d peers are connected", peer, len(self._conversations))
        self._full = True
