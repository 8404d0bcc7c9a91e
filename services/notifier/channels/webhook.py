"""A signed HTTP message to a pager, a gateway or a hospital's own bus. It leaves the house, so it says
little.

In the body: tier, ward, kind, check id, an opaque reference and a link; what was found stands behind the
link. Redirects are not followed. A receiver drops repetitions by the `Idempotency-Key`.
"""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx
import orjson

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target, check_url
from services.notifier.channels.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, opaque, sign
from services.notifier.messages import Message

_NOT_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TRY_AGAIN = frozenset((408, 425, 429))
_LONGEST_WAIT_S = 300.0


def body_of(message: Message, secret: bytes) -> bytes:
    """The JSON that leaves the house."""
    content: dict[str, str | int] = {
        "kind": message.kind.value,
        "alert": message.alert,
        "episode": message.episode,
        "revision": message.revision,
        "tier": message.tier,
        "ward": message.ward,
        "check": message.check,
        "link": message.link,
    }
    if message.cause:
        content["correction"] = opaque(secret, message.cause)
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """The seconds that a Retry-After header asks for (a number or a date).

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


class WebhookChannel:
    """Posts to a person's address, or to the site's where there is none.

    `loopback` allows this machine as the target, and plain http to it.
    """

    name = "webhook"

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        loopback: bool = False,
        timeout_s: float = 10.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        check_url(url, loopback=loopback)
        self._url = url
        self._secret = secret
        self._loopback = loopback
        self._wall = wall
        self._client = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def send(self, message: Message, address: str) -> Attempt:
        url = address or self._url
        try:
            host, port = check_url(url, loopback=self._loopback)
            await check_target(host, port, loopback=self._loopback, plain=url.startswith("http:"))
        except ForbiddenAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        except OSError as error:
            return Attempt(Outcome.AGAIN, f"address not found ({type(error).__name__})")
        body = body_of(message, self._secret)
        timestamp_s = int(self._wall())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.delivery,
            TIMESTAMP_HEADER: str(timestamp_s),
            SIGNATURE_HEADER: sign(self._secret, timestamp_s, body),
        }
        try:
            response = await self._client.post(url, content=body, headers=headers)
        except _NOT_ARRIVED as error:
            return Attempt(Outcome.AGAIN, type(error).__name__)
        except httpx.HTTPError as error:
            return Attempt(Outcome.UNKNOWN, type(error).__name__)
        return self._judge(response)

    def _judge(self, response: httpx.Response) -> Attempt:
        status = response.status_code
        if response.is_success:
            return Attempt(Outcome.DELIVERED)
        if status in _TRY_AGAIN or status >= 500:
            wait_s = retry_after_s(response.headers.get("Retry-After"), self._wall())
            return Attempt(Outcome.AGAIN, f"HTTP {status}", wait_s)
        return Attempt(Outcome.REFUSED, f"HTTP {status}")

    async def close(self) -> None:
        await self._client.aclose()
