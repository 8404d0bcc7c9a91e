"""Orders are carried out once, again when they must, and never when they no longer stand."""

import asyncio
from dataclasses import dataclass, field

import pytest

from schemas.alerts import AlertState
from services.notifier.channels import Attempt, Outcome
from services.notifier.store.identifiers import key
from services.notifier.telling.lease import Deliveries
from services.notifier.telling.messages import Message, MessageKind
from services.notifier.telling.orders import GROUP, OrderStream
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.duty import QUICK, told_by, until
from tests.notifier.sending import sending

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


@dataclass
class Scripted:
    """A channel that answers from a script, then always delivers."""

    name: str
    script: list[Attempt] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    gate: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.tried = asyncio.Event()
        self._more = asyncio.Condition()

    def open(self) -> None:
        """Let the attempts that wait go on."""
        assert self.gate is not None
        self.gate.set()

    async def sent_times(self, count: int) -> None:
        async with self._more, asyncio.timeout(30):
            await self._more.wait_for(lambda: len(self.sent) >= count)

    async def send(self, message: Message, address: str) -> Attempt:
        self.sent.append(message)
        self.tried.set()
        async with self._more:
            self._more.notify_all()
        if self.gate is not None:
            await self.gate.wait()
        return self.script.pop(0) if self.script else Attempt(Outcome.DELIVERED)

    async def close(self) -> None:
        return None


async def test_a_refusing_moment_is_tried_again_until_it_is_delivered(desk: Desk) -> None:
    webhook = Scripted(
        "webhook", [Attempt(Outcome.AGAIN, "HTTP 503"), Attempt(Outcome.AGAIN, "HTTP 503", 0.02)]
    )
    async with sending(desk, Scripted("terminal"), webhook):
        await desk.hear(finding())
        await until(desk, lambda alert: "webhook" in told_by(alert))
    assert [message.kind for message in webhook.sent] == [MessageKind.PAGE] * 3
    assert len({message.delivery for message in webhook.sent}) == 1


async def test_what_may_have_arrived_is_repeated_as_a_repetition(desk: Desk) -> None:
    webhook = Scripted("webhook", [Attempt(Outcome.UNKNOWN, "ReadTimeout")])
    async with sending(desk, Scripted("terminal"), webhook):
        await desk.hear(finding())
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED and "webhook" in told_by(alert))
        await webhook.sent_times(2)
    assert [message.kind for message in webhook.sent] == [MessageKind.PAGE, MessageKind.REPEAT]


async def test_a_channel_that_takes_nothing_is_given_up_in_the_open(desk: Desk) -> None:
    webhook = Scripted("webhook", [Attempt(Outcome.AGAIN, "HTTP 500")] * 5)
    async with sending(desk, Scripted("terminal"), webhook) as work:
        await desk.hear(finding())
        await work.hears("channel-webhook")
    assert "delivery-failed" in await desk.events()
    assert len(webhook.sent) == QUICK.attempts


async def test_a_refusal_is_not_tried_again(desk: Desk) -> None:
    webhook = Scripted("webhook", [Attempt(Outcome.REFUSED, "HTTP 401")])
    async with sending(desk, Scripted("terminal"), webhook) as work:
        await desk.hear(finding())
        await work.hears("channel-webhook")
    assert len(webhook.sent) == 1


async def test_a_slow_channel_does_not_delay_another(desk: Desk) -> None:
    slow = Scripted("webhook", gate=asyncio.Event())
    async with sending(desk, Scripted("terminal"), slow):
        await desk.hear(finding())
        await slow.tried.wait()
        alert = await until(desk, lambda alert: bool(alert.told))
        assert told_by(alert) == {"terminal"}
        slow.open()


async def test_an_acknowledgement_ends_the_tries(desk: Desk) -> None:
    webhook = Scripted("webhook", [Attempt(Outcome.AGAIN, "HTTP 503")], gate=asyncio.Event())
    async with sending(desk, Scripted("terminal"), webhook) as work:
        await desk.hear(finding())
        await webhook.tried.wait()
        await desk.acknowledge()
        work.deliveries.refused.clear()
        webhook.open()
        async with asyncio.timeout(30):
            await work.deliveries.refused.wait()
    assert len(webhook.sent) == 1


async def test_what_a_dead_sender_held_is_told_by_another_as_a_repetition(desk: Desk) -> None:
    await desk.hear(finding())
    dead = OrderStream(desk.store.connection, "dead sender")
    await dead.make_groups()
    for order in await dead.next():
        assert await Deliveries(desk.store.connection, "dead sender").lease(order, 0.2)
    webhook = Scripted("webhook")
    async with sending(desk, Scripted("terminal"), webhook, lease_s=0.2):
        await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"})
    assert [message.kind for message in webhook.sent] == [MessageKind.REPEAT]


async def test_two_senders_tell_each_order_once(desk: Desk) -> None:
    channels = [Scripted("terminal"), Scripted("webhook"), Scripted("terminal"), Scripted("webhook")]
    async with sending(desk, *channels[:2], holder="one"), sending(desk, *channels[2:], holder="two"):
        for number in range(20):
            await desk.hear(finding(issue_id=f"{number:032x}"))
        for number in range(20):
            await until(desk, lambda alert: told_by(alert) == {"terminal", "webhook"}, f"{number:032x}")
    deliveries = [message.delivery for channel in channels for message in channel.sent]
    assert len(deliveries) == len(set(deliveries)) == 40


async def test_an_order_for_a_channel_that_is_gone_is_given_up_in_the_open(desk: Desk) -> None:
    async with sending(desk, Scripted("terminal")) as work:
        await desk.hear(finding())
        await work.hears("channel-missing")


async def test_what_a_dead_sender_held_is_found_behind_a_thousand_that_others_hold(desk: Desk) -> None:
    connection = desk.store.connection
    await OrderStream(connection, "busy").make_groups()
    for number in range(550):
        await desk.hear(finding(issue_id=f"{number:032x}"))
    busy, dead = OrderStream(connection, "busy"), OrderStream(connection, "dead")
    held = [order for _ in range(11) for order in await busy.next()]
    await desk.hear(finding(issue_id="f" * 32))
    lost = await dead.next()
    assert (len(held), len(lost)) == (1_100, 2)
    entries = [order.entry for order in lost]
    await connection.client.xclaim(key(lost[0].tag, "out"), GROUP, "dead", 0, entries, idle=60_000)
    found = [order for _ in range(3) for order in await busy.abandoned(30)]
    assert {order.delivery for order in found} == {order.delivery for order in lost}
