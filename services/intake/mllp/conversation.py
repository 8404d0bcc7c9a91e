"""One connection: messages are answered in their order, whoever else talks at the same time."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from services.intake.mllp.desk import Desk, NotStored
from services.intake.mllp.framing import Frame, Frames
from services.intake.mllp.limits import Limits

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_TOGETHER = 16
"""Messages that already wait are read and brought together; their number bounds how long others wait."""
_GATHERING_S = 0.005
"""A peer that sends on without waiting for answers is given this long between two readings: each costs the
same for one message as for ten."""


class Conversation:
    """Runs until the peer leaves, breaks a limit, or `leave` is called."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        desk: Desk,
        peer: str,
        limits: Limits,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._desk = desk
        self._peer = peer
        self._limits = limits
        self._frames = Frames(limits.largest)
        self._since = 0.0
        self._noise_before = 0
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """End it as soon as what was brought so far is answered."""
        self._leaving.set()

    async def run(self) -> None:
        """The conversation."""
        leaving = asyncio.ensure_future(self._leaving.wait())
        why = "stopped"
        try:
            try:
                why = await self._talk(leaving)
            except OSError as error:
                why = f"the connection was lost ({type(error).__name__})"
            await self._desk.answers(list(self._frames.end()), self._peer)
        except NotStored as error:
            why = "what it brought is not stored, so it gets no answer"
            await asyncio.wait((leaving,), timeout=error.wait_s)
        finally:
            leaving.cancel()
            log.info("%s left: %s; %d bytes outside of frames", self._peer, why, self._frames.noise)

    async def _talk(self, leaving: asyncio.Future[Any]) -> str:
        """Answer what comes; why it ended."""
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        while True:
            data = await self._next(leaving, self._deadline() - loop.time())
            if not data:
                return self._ended(data, leaving)
            open_before = self._frames.begun
            ended = 0
            for group in _groups(self._frames.feed(data)):
                ended += len(group)
                await self._answer(group)
            if ended or (self._frames.begun and not open_before):
                self._since = loop.time()
                self._noise_before = self._frames.noise
            if self._frames.noise - self._noise_before > self._limits.noise:
                return "what it sends is no MLLP"
            if 1 < ended < _TOGETHER:
                await asyncio.wait((leaving,), timeout=_GATHERING_S)

    def _deadline(self) -> float:
        return self._since + (self._limits.frame_s if self._frames.begun else self._limits.idle_s)

    async def _next(self, leaving: asyncio.Future[Any], within_s: float) -> bytes | None:
        """What the peer sends next: nothing at its end, None when we leave or it was too slow."""
        reading = asyncio.ensure_future(self._reader.read(_CHUNK))
        try:
            await asyncio.wait((reading, leaving), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else None
        finally:
            reading.cancel()

    def _ended(self, data: bytes | None, leaving: asyncio.Future[Any]) -> str:
        if data is not None:
            return "its end"
        if leaving.done():
            return "the door closes"
        return "a message did not end in time" if self._frames.begun else "it was silent for too long"

    async def _answer(self, frames: list[Frame]) -> None:
        said = await self._desk.answers(frames, self._peer)
        if said:
            self._writer.write(said)
            async with asyncio.timeout(self._limits.answer_s):
                await self._writer.drain()


def _groups(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    every = iter(frames)
    while group := list(islice(every, _TOGETHER)):
        yield group
