"""Where a channel may lead: not back into this machine, unless the site says so.

A hospital's own network is allowed. Who connects uses the addresses that were looked at here, and does not
ask the name server again: it could answer differently a moment later.
"""

import asyncio
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit


class ForbiddenAddress(ValueError):
    """The address is not one that a channel may lead to; the message says why."""


def check_url(url: str, *, loopback: bool) -> tuple[str, int]:
    """Host and port of a URL. Plain http is for loopback only. Raises `ForbiddenAddress`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenAddress("this is not the address of a web server") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ForbiddenAddress("a webhook needs an https:// address")
    if parts.username or parts.password:
        raise ForbiddenAddress("a webhook's address must not hold credentials")
    if parts.scheme == "http" and not loopback:
        raise ForbiddenAddress(
            "a webhook needs https; plain http is allowed on loopback only, by its setting"
        )
    return parts.hostname, port or (443 if parts.scheme == "https" else 80)


def check_address(address: str, *, loopback: bool, plain: bool) -> None:
    """Raises `ForbiddenAddress` for an IP address that leads to this machine or to no machine."""
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback and loopback:
        return
    if plain:
        raise ForbiddenAddress("what is not encrypted leads off this machine")
    if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified:
        raise ForbiddenAddress("the address leads to this machine or to no machine")


async def check_target(host: str, port: int, *, loopback: bool, plain: bool) -> tuple[str, ...]:
    """The IP addresses of a host, none of which leads to this machine or to no machine.

    Raises `ForbiddenAddress`, and `OSError` when there is none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, target in found:
        check_address(str(target[0]), loopback=loopback, plain=plain)
    return tuple(dict.fromkeys(str(target[0]) for *_, target in found))
