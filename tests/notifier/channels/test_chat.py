"""Hooks of chat services against a real HTTP server on loopback."""

from collections.abc import AsyncIterator
from dataclasses import replace

import orjson
import pytest
import pytest_asyncio

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.telling.messages import Message, MessageKind
from tests.notifier.pages import CANARIES, PAGE
from tests.notifier.receiver import Receiver, Reply

_SLACK_OK = Reply(200, b"ok")


@pytest_asyncio.fixture
async def chat() -> AsyncIterator[Receiver]:
    made = Receiver(_SLACK_OK)
    yield made
    await made.close()


async def attempt(chat: Receiver, shape: Shape, message: Message = PAGE, timeout_s: float = 5) -> Attempt:
    channel = ChatChannel(shape, f"{await chat.start()}/hook", loopback=True, timeout_s=timeout_s)
    try:
        return await channel.send(message, "")
    finally:
        await channel.close()


async def test_slack_shows_tier_ward_check_reference_and_link(chat: Receiver) -> None:
    assert await attempt(chat, Shape.SLACK) == Attempt(Outcome.DELIVERED)
    assert orjson.loads(chat.requests[0].body) == {
        "text": f"Alert: tier 1, Neurology 2, cumulative-dose, 0a-4fd1e0c3 <{PAGE.link}|open>"
    }


async def test_an_ok_that_comes_some_time_after_the_status_is_an_ok(chat: Receiver) -> None:
    chat.replies.append(replace(_SLACK_OK, body_after_s=0.8))
    assert await attempt(chat, Shape.SLACK) == Attempt(Outcome.DELIVERED)


async def test_teams_gets_a_card_that_opens_the_alert(chat: Receiver) -> None:
    chat.replies.append(Reply(202))
    assert await attempt(chat, Shape.TEAMS) == Attempt(Outcome.SENT)
    card = orjson.loads(chat.requests[0].body)["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0]["text"].startswith("Alert: tier 1, Neurology 2")
    assert card["actions"][0]["url"] == PAGE.link


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("kind", list(MessageKind))
async def test_no_chat_hears_whom_or_what_it_is_about(
    chat: Receiver, shape: Shape, kind: MessageKind
) -> None:
    await attempt(chat, shape, replace(PAGE, kind=kind))
    for canary in CANARIES:
        assert canary not in chat.requests[0].raw


async def test_a_repeat_and_a_withdrawal_say_what_they_are(chat: Receiver) -> None:
    address = f"{await chat.start()}/hook"
    channel = ChatChannel(Shape.SLACK, loopback=True)
    for kind in (MessageKind.REPEAT, MessageKind.RETRACTION):
        await channel.send(replace(PAGE, kind=kind), address)
    await channel.close()
    texts = [orjson.loads(request.body)["text"] for request in chat.requests]
    assert [text.partition(":")[0] for text in texts] == ["Alert, again", "Withdrawn"]


async def test_a_ward_cannot_call_everybody_or_plant_a_link(chat: Receiver) -> None:
    await attempt(chat, Shape.SLACK, replace(PAGE, ward="<!channel> <https://evil.example|here>"))
    text = orjson.loads(chat.requests[0].body)["text"]
    assert "<!channel>" not in text
    assert "<https://evil" not in text


@pytest.mark.parametrize(
    ("shape", "reply", "outcome"),
    [
        (Shape.SLACK, Reply(200, b"<html>please log in</html>"), Outcome.UNKNOWN),
        (Shape.SLACK, Reply(403, b"action_prohibited"), Outcome.REFUSED),
        (Shape.SLACK, Reply(404, b"no_service"), Outcome.REFUSED),
        (Shape.SLACK, Reply(410, b"channel_is_archived"), Outcome.REFUSED),
        (Shape.SLACK, Reply(500, b"rollup_error"), Outcome.AGAIN),
        (Shape.TEAMS, Reply(200, b"1"), Outcome.DELIVERED),
        (Shape.TEAMS, Reply(200, b"Microsoft Teams endpoint returned HTTP error 429"), Outcome.AGAIN),
        (Shape.TEAMS, Reply(200, b"Microsoft Teams endpoint returned HTTP error 403"), Outcome.REFUSED),
        (Shape.TEAMS, Reply(200, b""), Outcome.UNKNOWN),
        (Shape.TEAMS, Reply(400, b"bad card"), Outcome.REFUSED),
        (Shape.TEAMS, Reply(502), Outcome.AGAIN),
    ],
)
async def test_each_chat_answers_in_its_own_way(
    chat: Receiver, shape: Shape, reply: Reply, outcome: Outcome
) -> None:
    chat.replies.append(reply)
    assert (await attempt(chat, shape)).outcome is outcome


@pytest.mark.parametrize("shape", list(Shape))
async def test_the_wait_that_a_chat_asks_for_is_handed_on(chat: Receiver, shape: Shape) -> None:
    chat.replies.append(Reply(429, b"", {"Retry-After": "30"}))
    assert await attempt(chat, shape) == Attempt(Outcome.AGAIN, "HTTP 429", 30.0)


async def test_a_chat_that_keeps_silent_may_have_shown_it(chat: Receiver) -> None:
    chat.replies.append(Reply(held=True))
    assert (await attempt(chat, Shape.SLACK, timeout_s=0.3)).outcome is Outcome.UNKNOWN
    assert len(chat.requests) == 1


async def test_without_a_hook_it_says_so() -> None:
    channel = ChatChannel(Shape.TEAMS)
    assert (await channel.send(PAGE, "")).reason == "no hook is known for this person"
    assert (await channel.send(PAGE, "https://127.0.0.1:1/hook")).outcome is Outcome.REFUSED
    await channel.close()
    with pytest.raises(ForbiddenAddress):
        ChatChannel(Shape.TEAMS, "http://chat.example/hook")
