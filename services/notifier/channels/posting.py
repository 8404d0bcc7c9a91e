"""One HTTP POST to where a channel may lead, and what an answer means. Redirects are not followed, and the
certificate is checked against the name (how a connection comes about: connecting.py).
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ConnectionTimeoutError,
    InvalidURL,
)

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_url
from services.notifier.channels.connecting import session

log = logging.getLogger(__name__)
_NOT_ARRIVED = (ClientConnectorError, ConnectionTimeoutError)
_TRY_AGAIN = frozenset((408, 425, 429))
_LONGEST_WAIT_S = 300.0
_LONGEST_ANSWER = 16 * 1024
_BODY_WITHIN_S = 0.5
"""Where the status line says what became of the page: a body that drips must not make it unknown again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; `body` is what came of its beginning at once, empty where it was cut off.

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

    Looking up the name, connecting, and everything after it each end within `timeout_s` seconds; the body of
    an answer within `body_within_s`, and what has not come by then does not count.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        timeout_s: float = 8.0,
        body_within_s: float = _BODY_WITHIN_S,
        tls: ssl.SSLContext | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._loopback = loopback
        self._timeout_s = timeout_s
        self._body_within_s = body_within_s
        self._tls = tls
        self.wall = wall
        self._sessions: dict[bool, ClientSession] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Attempt:
        """The answer, or an `Attempt` when there was none. Reasons name neither address nor content."""
        try:
            check_url(url, loopback=self._loopback)
            async with asyncio.timeout(2 * self._timeout_s):
                return await self._exchange(url, body, headers)
        except ForbiddenAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        except ClientConnectorDNSError as error:
            return Attempt(Outcome.AGAIN, f"address not found ({type(error.os_error).__name__})")
        except _NOT_ARRIVED as error:
            return Attempt(Outcome.AGAIN, type(error).__name__)
        except InvalidURL:
            return Attempt(Outcome.REFUSED, "this is not the address of a web server")
        except (ClientError, TimeoutError) as error:
            return Attempt(Outcome.UNKNOWN, type(error).__name__)

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        posted = self._session(plain=urlsplit(url).scheme == "http").post(
            url, data=body, headers=headers, allow_redirects=False
        )
        async with posted as response:
            said = await _beginning(response, self._body_within_s)
            wait_s = retry_after_s(response.headers.get("Retry-After"), self.wall())
            return Answer(response.status, said, wait_s)

    def _session(self, *, plain: bool) -> ClientSession:
        """Made with the first post, since it belongs to the loop that runs then."""
        if plain not in self._sessions:
            self._sessions[plain] = session(
                loopback=self._loopback, plain=plain, timeout_s=self._timeout_s, tls=self._tls
            )
        return self._sessions[plain]

    async def close(self) -> None:
        """Give back connections."""
        for made in self._sessions.values():
            await made.close()


async def _beginning(response: ClientResponse, within_s: float) -> str:
    read = b""
    try:
        async with asyncio.timeout(within_s):
            async for piece in response.content.iter_any():
                read += piece
                if len(read) > _LONGEST_ANSWER:
                    break
    except ClientError:
        return ""
    except TimeoutError:
        log.info("the body of an answer did not come: its status counts")
    return read[:_LONGEST_ANSWER].decode("utf-8", "replace")
