"""Where a webhook may lead: not back into this machine, unless the site says so.

A hospital's own network is allowed. The name is looked up before each attempt; a name server that answers
differently a moment later is outside what this guards against.
"""

import asyncio
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit


class ForbiddenAddress(ValueError):
    """The address is not one that a webhook may lead to; the message says why."""


def check_url(url: str, *, loopback: bool) -> tuple[str, int]:
    """Host and port of a webhook's URL. Plain http is for loopback only. Raises `ForbiddenAddress`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ForbiddenAddress("a webhook needs an https:// address")
    if parts.username or parts.password:
        raise ForbiddenAddress("a webhook's address must not hold credentials")
    if parts.scheme == "http" and not loopback:
        raise ForbiddenAddress(
            "a webhook needs https; plain http is allowed on loopback only, by its setting"
        )
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


async def check_target(host: str, port: int, *, loopback: bool, plain: bool) -> None:
    """Refuse a host that leads to this machine or to no machine. Raises `ForbiddenAddress`, `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, target in found:
        address = ip_address(str(target[0]).partition("%")[0])
        if address.is_loopback and loopback:
            continue
        if plain:
            raise ForbiddenAddress("plain http leads off this machine")
        if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
            raise ForbiddenAddress("the address leads to this machine or to no machine")
