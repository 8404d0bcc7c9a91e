"""A signed HTTP message to a pager, a gateway or a hospital's own bus. It leaves the house, so it says
little.

In the body: tier, ward, kind, check id, an opaque reference and a link; what was found stands behind the
link. A receiver drops repetitions by the `Idempotency-Key`.
"""

import ssl
import string
import time
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import quote

import orjson

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import check_url
from services.notifier.channels.outward import notice_of
from services.notifier.channels.posting import Posting, unaccepted
from services.notifier.channels.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, opaque, sign
from services.notifier.telling.messages import Message


def body_of(message: Message, secret: bytes) -> bytes:
    """The JSON that leaves the house."""
    content = asdict(notice_of(message))
    if message.cause:
        content["correction"] = opaque(secret, message.cause)
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _header_of(delivery: str) -> str:
    """As it is, but for what a header cannot hold: the id of a technical alert names what a site named."""
    return quote(delivery, safe=string.punctuation.replace("%", ""))


class WebhookChannel:
    """Posts to a person's address, or to `url`, the site's, where there is none.

    Raises `ForbiddenAddress` when made with a `url` that cannot be used.
    """

    name = "webhook"

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        loopback: bool = False,
        timeout_s: float = 8.0,
        tls: ssl.SSLContext | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        check_url(url, loopback=loopback)
        self._url = url
        self._secret = secret
        self._posting = Posting(loopback=loopback, timeout_s=timeout_s, tls=tls, wall=wall)

    async def send(self, message: Message, address: str) -> Attempt:
        body = body_of(message, self._secret)
        timestamp_s = int(self._posting.wall())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": _header_of(message.delivery),
            TIMESTAMP_HEADER: str(timestamp_s),
            SIGNATURE_HEADER: sign(self._secret, timestamp_s, body),
        }
        answer = await self._posting.post(address or self._url, body, headers)
        if isinstance(answer, Attempt):
            return answer
        return Attempt(Outcome.DELIVERED) if 200 <= answer.status < 300 else unaccepted(answer)

    async def close(self) -> None:
        await self._posting.close()
