"""One HTTP POST to where a channel may lead, and what an answer means.

The connection goes to an address that was checked; the certificate is checked against the name. Connections
are not kept: one that was opened for a name must not serve another name at the same address. Redirects are
not followed.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target, check_url

# They log whole URLs and headers, and the address of a hook is its secret.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)

_NOT_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TRY_AGAIN = frozenset((408, 425, 429))
_LONGEST_WAIT_S = 300.0
_LONGEST_ANSWER = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; `body` is its beginning, empty where it could not be read.

    `wait_s`: how long it asked us to wait.
    """

    status: int
    body: str
    wait_s: float | None


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """The seconds that a Retry-After header asks for (a number or a date), at most 300.

    None when it says nothing readable.
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(float(header), _LONGEST_WAIT_S)
    try:
        return min(max(0.0, parsedate_to_datetime(header).timestamp() - now_s), _LONGEST_WAIT_S)
    except (ValueError, TypeError):
        return None


def unaccepted(answer: Answer) -> Attempt:
    """What an answer without success means: again for 408, 425, 429 and 5xx, else final."""
    reason = f"HTTP {answer.status}"
    if answer.status in _TRY_AGAIN or answer.status >= 500:
        return Attempt(Outcome.AGAIN, reason, answer.wait_s)
    return Attempt(Outcome.REFUSED, reason)


class Posting:
    """Posts for one channel. `loopback` allows this machine as the target, and plain http to it.

    Looking up the name and everything after it each end within `timeout_s` seconds.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        timeout_s: float = 8.0,
        tls: ssl.SSLContext | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._loopback = loopback
        self._timeout_s = timeout_s
        self.wall = wall
        self._client = httpx.AsyncClient(
            verify=tls or ssl.create_default_context(),
            timeout=httpx.Timeout(timeout_s, connect=timeout_s / 2),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Attempt:
        """The answer, or an `Attempt` when there was none. Reasons name neither address nor content."""
        try:
            host, port = check_url(url, loopback=self._loopback)
            async with asyncio.timeout(self._timeout_s):
                addresses = await check_target(
                    host, port, loopback=self._loopback, plain=url.lower().startswith("http:")
                )
        except ForbiddenAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        except (OSError, UnicodeError) as error:
            return Attempt(Outcome.AGAIN, f"address not found ({type(error).__name__})")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post_to(addresses, host, httpx.URL(url), body, headers)
        except _NOT_ARRIVED as error:
            return Attempt(Outcome.AGAIN, type(error).__name__)
        except (httpx.HTTPError, TimeoutError) as error:
            return Attempt(Outcome.UNKNOWN, type(error).__name__)
        except httpx.InvalidURL:
            return Attempt(Outcome.REFUSED, "this is not the address of a web server")

    async def _post_to(
        self, addresses: tuple[str, ...], host: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        for address in addresses[:-1]:
            try:
                return await self._exchange(address, host, url, body, headers)
            except _NOT_ARRIVED:
                continue
        return await self._exchange(addresses[-1], host, url, body, headers)

    async def _exchange(
        self, address: str, host: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        async with self._client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
        ) as response:
            said = await _beginning(response)
            wait_s = retry_after_s(response.headers.get("Retry-After"), self.wall())
            return Answer(response.status_code, said, wait_s)

    async def close(self) -> None:
        """Give back connections."""
        await self._client.aclose()


async def _beginning(response: httpx.Response) -> str:
    read = b""
    try:
        async for piece in response.aiter_bytes():
            read += piece
            if len(read) > _LONGEST_ANSWER:
                break
    except httpx.HTTPError:
        return ""
    return read[:_LONGEST_ANSWER].decode("utf-8", "replace")
