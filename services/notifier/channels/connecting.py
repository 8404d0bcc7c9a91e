"""How a connection to a channel's server comes about: only to addresses that were looked at; kept briefly.

Names are looked up once per connection, and what was checked is what is connected to. A connection is kept by
the name that it was opened for, so it serves no other name at the same address; after a second without use it
is closed, before the usual servers close theirs: a page that crosses with that may or may not have arrived.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from services.notifier.channels.addresses import ForbiddenAddress, check_address, check_target

_KEPT_S = 1.0


def session(*, loopback: bool, plain: bool, timeout_s: float, tls: ssl.SSLContext | None) -> ClientSession:
    """An HTTP client for this loop, `plain` for http and else for https.

    Connecting ends within `timeout_s` seconds, and so does each wait for the other side. Raises
    `ForbiddenAddress` when a connection would lead where none may.
    """

    def opened(info: tuple[Any, ...]) -> socket.socket:
        """The last look, also at hosts that are numbers and were never looked up."""
        family, kind, protocol, _, target = info
        try:
            check_address(str(target[0]), loopback=loopback, plain=plain)
        except ForbiddenAddress:
            raise
        except ValueError as error:
            raise ForbiddenAddress("this is not the address of a web server") from error
        return socket.socket(family, kind, protocol)

    connector = TCPConnector(
        resolver=_Checked(loopback=loopback, plain=plain, timeout_s=timeout_s),
        use_dns_cache=False,
        ssl=tls or ssl.create_default_context(),
        limit=0,
        keepalive_timeout=_KEPT_S,
        socket_factory=opened,
    )
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": "dosewarden", "Accept-Encoding": "identity"},
        timeout=ClientTimeout(total=None, connect=timeout_s, sock_connect=timeout_s / 2, sock_read=timeout_s),
        auto_decompress=False,
        trust_env=False,
    )


class _Checked(AbstractResolver):
    """Looks a name up, and refuses it whole where one of its addresses is forbidden."""

    def __init__(self, *, loopback: bool, plain: bool, timeout_s: float) -> None:
        self._loopback = loopback
        self._plain = plain
        self._timeout_s = timeout_s

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  (what there is)
    ) -> list[ResolveResult]:
        """Raises `ForbiddenAddress`, and `OSError` where there is no address."""
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await check_target(host, port, loopback=self._loopback, plain=self._plain)
        except UnicodeError as error:
            raise OSError("this is no name of a host") from error
        except TimeoutError as error:
            raise OSError("the name server does not answer") from error
        return _results(host, port, found)

    async def close(self) -> None:
        """There is nothing to give back."""


def _results(host: str, port: int, addresses: Sequence[str]) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for address in addresses
    ]
