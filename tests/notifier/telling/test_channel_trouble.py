"""A channel that hangs, is dead, asks for rest or fails on and off: who is to be told is told elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson
import pytest
import pytest_asyncio

from schemas.base import Severity
from schemas.issues import Transition
from services.launcher.servers.child import free_port
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.channels.guard import Guard
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.policy.plan import Target
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from services.notifier.telling.messages import Message
from services.notifier.telling.retrying import RetryPolicy
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import until
from tests.notifier.pager import SECRET
from tests.notifier.pages import PAGE
from tests.notifier.receiver import Receiver, Reply
from tests.notifier.sending import sending
from tests.notifier.ward_policy import WardPolicy

pytestmark = pytest.mark.redis
PATIENT_RETRY = RetryPolicy(attempts=10, first_s=0.02, longest_s=0.02)
WEBHOOK, CHAT = Target("nurse-7", "webhook"), Target("nurse-7", "slack")


@dataclass
class Clock:
    """Time that the test lets pass."""

    now: float = 0

    def __call__(self) -> float:
        return self.now


@dataclass
class Alarms:
    """What was said about channels."""

    told: list[str] = field(default_factory=list)

    async def report(self, name: str, text: str) -> None:
        self.told.append(name)

    async def settle(self, name: str, text: str) -> None:
        self.told.append(f"settled {name}")


@dataclass
class Nurse:
    """Is told by a pager, and by a chat where the pager does not do."""

    pager: str
    chat: str

    def channels(self, person: str) -> tuple[str, ...]:
        return ("webhook", "slack") if person == "nurse-7" else ()

    def address(self, person: str, channel: str) -> str | None:
        return {"webhook": self.pager, "slack": self.chat}.get(channel)


@pytest_asyncio.fixture
async def desk(connection: Connection) -> Desk:
    """A store that pages one nurse by her pager."""
    store = AlertStore(connection)
    policy = WardPolicy(duty={"rota:nurses": (WEBHOOK,)})
    return Desk(store, AlertReader(connection), await store.begin(), policy)


@dataclass
class Ward:
    """The gateways of a pager and of a chat, and the nurse who has both."""

    pager: Receiver
    chat: Receiver
    nurse: Nurse
    webhook: WebhookChannel
    slack: ChatChannel


@pytest_asyncio.fixture
async def ward() -> AsyncIterator[Ward]:
    pager, chat = Receiver(Reply(200)), Receiver(Reply(200, b"ok"))
    nurse = Nurse(f"{await pager.start()}/page", f"{await chat.start()}/hook")
    webhook = WebhookChannel(nurse.pager, SECRET, loopback=True)
    slack = ChatChannel(Shape.SLACK, loopback=True)
    yield Ward(pager, chat, nurse, webhook, slack)
    for channel in (webhook, slack):
        await channel.close()
    for server in (pager, chat):
        await server.close()


async def test_while_a_channel_hangs_the_next_one_tells(desk: Desk, ward: Ward) -> None:
    ward.pager.usual = Reply(held=True)
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse):
        await desk.hear(finding(severity=Severity.CONTRAINDICATED))
        await ward.chat.until(1)
        assert len(ward.pager.requests) == 1
        alert = await until(desk, lambda alert: CHAT in alert.told)
    assert "fell-back" in await desk.events()
    assert set(alert.told) <= {CHAT, WEBHOOK}


async def test_a_dead_channel_is_helped_and_goes_on_being_tried(desk: Desk, ward: Ward) -> None:
    ward.nurse.pager = f"http://127.0.0.1:{free_port()}/page"
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse):
        await desk.hear(finding())
        await until(desk, lambda alert: alert.told == (CHAT,))


async def test_who_asks_for_rest_is_left_alone_and_the_next_one_tells(desk: Desk, ward: Ward) -> None:
    ward.pager.usual = Reply(429, headers={"Retry-After": "60"})
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse):
        for number in range(10):
            await desk.hear(finding(issue_id=f"{number:032x}"))
        await ward.chat.until(10)
    # Those that were under way when the first answer came may still arrive.
    assert len(ward.pager.requests) <= 8


async def test_five_failures_in_a_row_spare_a_channel_and_are_said(desk: Desk, ward: Ward) -> None:
    ward.pager.usual = Reply(503)
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse, retry=PATIENT_RETRY) as work:
        await desk.hear(finding())
        await work.hears("channel-webhook-out")
        assert len(ward.pager.requests) == 5
        await desk.hear(finding(issue_id="1" * 32))
        await ward.chat.until(2)
        assert len(ward.pager.requests) == 5


async def test_a_channel_that_works_again_is_said_to(desk: Desk, ward: Ward) -> None:
    clock, alarms, out = Clock(), Alarms(), []
    guard = Guard({"webhook": ward.webhook}, alarms, clock=clock, noted=lambda *told: out.append(told))
    ward.pager.replies = [Reply(503)] * 5
    for _ in range(6):
        attempt = await guard.send("webhook", PAGE, "")
    assert (attempt.reason, attempt.wait_s) == ("not tried: it failed just before", 15)
    assert alarms.told == ["channel-webhook-out"]
    clock.now = 15
    assert (await guard.send("webhook", PAGE, "")).outcome is Outcome.DELIVERED
    assert alarms.told == ["channel-webhook-out", "settled channel-webhook-out"]
    assert out == [("webhook", 0)] * 4 + [("webhook", 1), ("webhook", 0)]


async def test_a_channel_that_fails_on_and_off_delivers_in_the_end_under_one_id(
    desk: Desk, ward: Ward
) -> None:
    ward.pager.replies = [Reply(500), Reply(502), Reply(200)]
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse, retry=PATIENT_RETRY) as work:
        await desk.hear(finding())
        await until(desk, lambda alert: alert.told == (WEBHOOK,))
    assert work.alarms == []
    assert len({request.headers["idempotency-key"] for request in ward.pager.requests}) == 1
    assert ward.chat.requests == []


async def test_an_answer_that_was_lost_is_followed_by_one_marked_repeat(desk: Desk, ward: Ward) -> None:
    ward.pager.replies = [Reply(lost=True)]
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse, retry=PATIENT_RETRY):
        await desk.hear(finding())
        await ward.pager.until(2)
        await until(desk, lambda alert: alert.state == "notified")
    first, second = ward.pager.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert [orjson.loads(request.body)["kind"] for request in (first, second)] == ["page", "repeat"]


async def test_a_withdrawal_goes_to_the_channel_that_told(desk: Desk, ward: Ward) -> None:
    ward.pager.usual = Reply(404)
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse):
        await desk.hear(finding())
        await until(desk, lambda alert: alert.told == (CHAT,))
        await desk.hear(finding(Transition.WITHDRAWN, revision=2))
        await ward.chat.until(2)
    assert "Withdrawn" in orjson.loads(ward.chat.requests[1].body)["text"]
    assert len(ward.pager.requests) == 1


async def test_when_no_channel_is_left_it_is_given_up_in_the_open(desk: Desk, ward: Ward) -> None:
    ward.pager.usual = ward.chat.usual = Reply(410)
    async with sending(desk, ward.webhook, ward.slack, people=ward.nurse) as work:
        await desk.hear(finding())
        await work.hears("channel-webhook")
        await work.hears("channel-slack")
    assert (await desk.events()).count("delivery-failed") == 2


@dataclass
class Slow:
    """Takes loud alerts at once and holds the others until it is let go."""

    name: str = "webhook"
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    loud: asyncio.Event = field(default_factory=asyncio.Event)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message, address: str) -> Attempt:
        if message.tier > 1:
            self.stuck.set()
            await self.gate.wait()
        else:
            self.loud.set()
        return Attempt(Outcome.DELIVERED)

    async def close(self) -> None:
        return None


async def test_a_loud_alert_does_not_wait_behind_a_thousand_low_ones(desk: Desk) -> None:
    slow = Slow()
    for number in range(1_000):
        await desk.hear(finding(issue_id=f"{number:032x}", severity=Severity.MODERATE))
    async with sending(desk, slow):
        await slow.stuck.wait()
        await desk.hear(finding(severity=Severity.CONTRAINDICATED))
        async with asyncio.timeout(60):
            await slow.loud.wait()
        assert not slow.gate.is_set()
        slow.gate.set()


class Broken:
    """A channel with a fault of its own."""

    name = "webhook"

    async def send(self, message: Message, address: str) -> Attempt:
        raise ValueError(f"cannot word {message.text}")

    async def close(self) -> None:
        return None


async def test_a_fault_of_one_channel_does_not_end_the_telling_by_others(
    desk: Desk, ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    async with sending(desk, Broken(), ward.slack, people=ward.nurse):
        await desk.hear(finding())
        await until(desk, lambda alert: CHAT in alert.told)
    assert "ValueError" in caplog.text
    assert "baclofen" not in caplog.text
