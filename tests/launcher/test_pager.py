"""The pager takes what is signed and new, from the channel that production uses."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from services.launcher.pager import Pager
from services.notifier.channels import Outcome
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.telling.messages import Message, MessageKind

SECRET = b"a secret of the pager's own"
MESSAGE = Message(
    kind=MessageKind.PAGE, delivery="a:1:1:1:webhook", alert="a", episode=1, revision=1, tier=2,
    ward="7 East", check="cumulative-dose", at_ms=0, link="", text="", because="", cause="",
)  # fmt: skip


@pytest.fixture
def pager() -> Pager:
    return Pager(SECRET)


@pytest_asyncio.fixture
async def address(pager: Pager) -> AsyncIterator[str]:
    yield await pager.start()
    await pager.close()


async def _sent(address: str, secret: bytes) -> Outcome:
    channel = WebhookChannel(address, secret, loopback=True)
    try:
        return (await channel.send(MESSAGE, "")).outcome
    finally:
        await channel.close()


async def test_a_repetition_is_answered_and_kept_once(pager: Pager, address: str) -> None:
    outcomes = [await _sent(address, SECRET) for _ in range(2)]
    assert outcomes == [Outcome.DELIVERED, Outcome.DELIVERED]
    assert [(one.alert, one.kind, one.revision) for one in pager.receipts] == [("a", MessageKind.PAGE, 1)]
    assert (pager.repeated, pager.refused) == (1, 0)


async def test_a_message_with_another_signature_is_refused(pager: Pager, address: str) -> None:
    assert await _sent(address, b"somebody else's secret") is Outcome.REFUSED
    assert (pager.receipts, pager.refused) == ([], 1)


async def test_a_body_too_large_for_a_pager_is_refused_unread(pager: Pager, address: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(address, content=b"x" * 100_000)
    assert (answer.status_code, pager.refused) == (400, 1)
