"""Incoming webhooks of chat services, in the shape of Slack (also Mattermost) or of Microsoft Teams.

Neither knows a repetition, so a repeat says that it is one. A chat is outside: no drug, no amount.
"""

import re
import ssl
from enum import StrEnum

import orjson

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import check_url
from services.notifier.channels.outward import Notice, headline, notice_of
from services.notifier.channels.posting import Answer, Posting, unaccepted
from services.notifier.telling.messages import Message

_ACCEPTED_LATER = 202
_HIDDEN_STATUS = re.compile(r"HTTP error (\d{3})")


class Shape(StrEnum):
    """Whose messages and answers a chat speaks; also the channel's name."""

    SLACK = "slack"
    TEAMS = "teams"


def slack_body(notice: Notice) -> bytes:
    """`text` in Slack's markup; letters that would begin a mention or a link are escaped."""
    text = headline(notice).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return orjson.dumps({"text": f"{text} <{notice.link}|open>" if notice.link else text})


def teams_body(notice: Notice) -> bytes:
    """An Adaptive Card; its text run is shown as it is, without markdown."""
    card: dict[str, object] = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": headline(notice)}]},
        ],
    }
    if notice.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": notice.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return orjson.dumps({"type": "message", "attachments": [attachment]})


def slack_attempt(answer: Answer) -> Attempt:
    """Slack took it when it says "ok"; a 200 with anything else is of somebody in between."""
    if answer.status != 200:
        return unaccepted(answer)
    if answer.body.strip() == "ok":
        return Attempt(Outcome.DELIVERED)
    return Attempt(Outcome.UNKNOWN, "HTTP 200 without the chat's ok")


def teams_attempt(answer: Answer) -> Attempt:
    """A workflow accepts with 202; a connector says 1, or 200 with the status that it met written inside."""
    if answer.status == _ACCEPTED_LATER:
        return Attempt(Outcome.SENT)
    if answer.status != 200:
        return unaccepted(answer)
    if answer.body.strip() == "1":
        return Attempt(Outcome.DELIVERED)
    if hidden := _HIDDEN_STATUS.search(answer.body):
        return unaccepted(Answer(int(hidden[1]), "", answer.wait_s))
    return Attempt(Outcome.UNKNOWN, "HTTP 200 without the chat's ok")


_BODIES = {Shape.SLACK: slack_body, Shape.TEAMS: teams_body}
_ANSWERS = {Shape.SLACK: slack_attempt, Shape.TEAMS: teams_attempt}


class ChatChannel:
    """Posts to a person's or team's hook, or to `url` where there is none.

    `url` may be empty when the people file holds all hooks. Raises `ForbiddenAddress` for one that cannot be
    used.
    """

    def __init__(
        self,
        shape: Shape,
        url: str = "",
        *,
        loopback: bool = False,
        timeout_s: float = 8.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if url:
            check_url(url, loopback=loopback)
        self.name = shape.value
        self._url = url
        self._body = _BODIES[shape]
        self._judge = _ANSWERS[shape]
        # What a chat says stands in the body: it has as long as all of the answer.
        self._posting = Posting(loopback=loopback, timeout_s=timeout_s, body_within_s=timeout_s, tls=tls)

    async def send(self, message: Message, address: str) -> Attempt:
        url = address or self._url
        if not url:
            return Attempt(Outcome.REFUSED, "no hook is known for this person")
        headers = {"Content-Type": "application/json"}
        answer = await self._posting.post(url, self._body(notice_of(message)), headers)
        return answer if isinstance(answer, Attempt) else self._judge(answer)

    async def close(self) -> None:
        await self._posting.close()
