"""The body of a request, whole, with every limit in force before anything is parsed."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request

from services.intake.accepting import Busy

JSON = ("application/fhir+json", "application/json")
NDJSON = ("application/fhir+ndjson", "application/x-ndjson", "application/ndjson")
_GZIP = 16 + zlib.MAX_WBITS
_STEP = 64 * 1024
_RETRY_AFTER_S = 2
_DRAINED_BYTES = 64 * 1024 * 1024
_DRAINED_WITHIN_S = 2.0


class Refused(Exception):
    """A request that is answered before its content is looked at: `status`, issue `code` and a sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        *,
        close: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.headers = dict(headers or {})
        self.status = status
        self.code = code
        self.sentence = sentence
        self.close = close


class Room:
    """How many bytes of bodies are in memory at once, over all clients."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """One request's share, given back at the end."""
        mine = Share(self)
        try:
            yield mine
        finally:
            self._taken -= mine.size

    def take(self, size: int) -> None:
        """Raises `Busy`; a body that is alone always finds room."""
        if self._taken and self._taken + size > self._most:
            raise Busy(_RETRY_AFTER_S)
        self._taken += size


class Share:
    """What one request holds."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def grow(self, size: int) -> None:
        """Raises `Busy`."""
        self._room.take(size)
        self.size += size


async def body_of(
    request: Request, media: tuple[str, ...], largest: int, within_s: float, share: Share
) -> bytes:
    """The body, inflated, of at most `largest` bytes. Raises `Refused` (400, 408, 413, 415) and `Busy`."""
    try:
        return await _whole(request, media, largest, within_s, share)
    except Refused as refusal:
        if refusal.close:
            await _drained(request)
        raise


async def _whole(
    request: Request, media: tuple[str, ...], largest: int, within_s: float, share: Share
) -> bytes:
    _media_type(request, media)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise Refused(415, "not-supported", "The body may come plain or with Content-Encoding gzip.")
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated) > largest:
        raise _too_large(largest)
    parts = _chunks(request) if encoding != "gzip" else _inflated(_chunks(request))
    content = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for part in parts:
                if len(content) + len(part) > largest:
                    raise _too_large(largest)
                share.grow(len(part))
                content += part
    except TimeoutError as error:
        raise Refused(
            408, "timeout", f"The body did not arrive within {within_s:g} s.", close=True
        ) from error
    except ClientDisconnect as error:
        raise Refused(400, "incomplete", "The client left before the body was whole.", close=True) from error
    return bytes(content)


async def _drained(request: Request) -> None:
    """Take what still comes, for a while: a connection closed with unread bytes takes the answer with it."""
    left = _DRAINED_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAINED_WITHIN_S):
            while left > 0:
                message = await request.receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


def _media_type(request: Request, media: tuple[str, ...]) -> None:
    stated, *parameters = request.headers.get("content-type", "").lower().split(";")
    charset = next((p.partition("=")[2].strip(' "') for p in parameters if "charset" in p), "utf-8")
    if stated.strip() not in media or charset not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(415, "not-supported", f"Send Content-Type {media[0]} in UTF-8.")


def _too_large(largest: int) -> Refused:
    sentence = f"A body may have {largest} bytes, also when unpacked. Send it in smaller parts."
    return Refused(413, "too-long", sentence, close=True)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


async def _inflated(packed: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Small steps, so that the limit holds before more is unpacked. Raises `Refused` where it is no gzip."""
    inflating = zlib.decompressobj(_GZIP)
    try:
        async for chunk in packed:
            rest, part = chunk, b""
            while rest or len(part) == _STEP:
                part = inflating.decompress(rest, _STEP)
                rest = inflating.unconsumed_tail
                yield part
            if inflating.unused_data:
                raise Refused(400, "structure", "Something follows the end of the gzip body.")
    except zlib.error as error:
        raise Refused(400, "structure", "The body is no gzip, though Content-Encoding says so.") from error
    if not inflating.eof:
        raise Refused(400, "incomplete", "The gzip body ends before its end.")
