"""Messages to browsers and phones by their makers' push services, which cannot read them.

The service that took a message has not shown it: the receipt is `sent`. A newer message about the same alert
takes the place of one that still waits at the service.
"""

import asyncio
import logging
from dataclasses import asdict
from hashlib import sha256

import orjson

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.outward import headline, notice_of
from services.notifier.channels.posting import Answer, Posting, unaccepted
from services.notifier.channels.push_encryption import encrypt, to_base64
from services.notifier.channels.subscriptions import NoSubscription, Subscriptions
from services.notifier.channels.vapid import Vapid
from services.notifier.telling.messages import Message, MessageKind

log = logging.getLogger(__name__)
_GONE = frozenset((404, 410))
_URGENCY = {1: "high", 2: "high", 3: "normal"}
_TTL_S = {1: 3_600, 2: 3_600, 3: 4 * 3_600}
_LONG_S = 24 * 3_600
_TOPIC_BYTES = 24


def payload_of(message: Message) -> bytes:
    """What the browser is told: `title` to show, and the parts of a notice."""
    notice = notice_of(message)
    return orjson.dumps({**asdict(notice), "title": headline(notice)}, option=orjson.OPT_SORT_KEYS)


def topic_of(alert: str) -> str:
    """The same for all messages about an alert; says nothing else. 32 letters, the most there may be."""
    return to_base64(sha256(alert.encode()).digest()[:_TOPIC_BYTES])


def time_to_live_s(message: Message) -> int:
    """How long the service keeps it for a phone that is off. A withdrawal must find whatever was shown."""
    return _LONG_S if message.kind is MessageKind.RETRACTION else _TTL_S.get(message.tier, _LONG_S)


class WebPushChannel:
    """Sends to the subscription that a person's address refers to."""

    name = "webpush"

    def __init__(self, vapid: Vapid, subscriptions: Subscriptions, posting: Posting) -> None:
        self._vapid = vapid
        self._subscriptions = subscriptions
        self._posting = posting

    async def send(self, message: Message, address: str) -> Attempt:
        try:
            subscription = await asyncio.to_thread(self._subscriptions.read, address)
            body = encrypt(payload_of(message), subscription.keys)
        except NoSubscription as error:
            return Attempt(Outcome.REFUSED, str(error))
        except ValueError:
            return Attempt(Outcome.REFUSED, "the subscription's keys cannot be used")
        headers = {
            "Authorization": self._vapid.authorization(subscription.endpoint, self._posting.wall()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(time_to_live_s(message)),
            "Urgency": _URGENCY.get(message.tier, "low"),
            "Topic": topic_of(message.alert if message.count == 1 else message.delivery),
        }
        answer = await self._posting.post(subscription.endpoint, body, headers)
        return answer if isinstance(answer, Attempt) else await self._judge(answer, address)

    async def _judge(self, answer: Answer, address: str) -> Attempt:
        if 200 <= answer.status < 300:
            return Attempt(Outcome.SENT)
        if answer.status not in _GONE:
            return unaccepted(answer)
        try:
            await asyncio.to_thread(self._subscriptions.forget, address)
        except OSError as error:
            log.error("a push subscription is gone and cannot be marked so: %s", type(error).__name__)
        return Attempt(Outcome.REFUSED, "the push service no longer knows the subscription")

    async def close(self) -> None:
        await self._posting.close()
