"""The signed webhook against a real HTTP server on loopback."""

import time
from dataclasses import replace

import pytest

from services.launcher.servers.child import free_port
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target
from services.notifier.channels.posting import retry_after_s
from services.notifier.channels.signing import sign, verify
from services.notifier.channels.webhook import WebhookChannel, body_of
from services.notifier.telling.messages import Message, MessageKind
from tests.notifier.pager import SECRET, Pager
from tests.notifier.pages import PAGE
from tests.notifier.receiver import Receiver, Reply


async def attempt(
    pager: Pager, secret: bytes = SECRET, message: Message = PAGE, timeout_s: float = 5
) -> Attempt:
    channel = WebhookChannel(await pager.start(), secret, loopback=True, timeout_s=timeout_s)
    try:
        return await channel.send(message, "")
    finally:
        await channel.close()


@pytest.mark.asyncio
async def test_a_receiver_can_verify_a_page_and_know_a_repetition(pager: Pager) -> None:
    assert (await attempt(pager)).outcome is Outcome.DELIVERED
    assert [received.delivery for received in pager.received] == [PAGE.delivery]
    assert pager.received[0].content["link"] == PAGE.link


@pytest.mark.asyncio
async def test_a_message_that_is_sent_on_after_five_minutes_is_not_believed() -> None:
    receiver = Receiver(Reply(200))
    channel = WebhookChannel(f"{await receiver.start()}/page", SECRET, loopback=True)
    assert (await channel.send(PAGE, "")).outcome is Outcome.DELIVERED
    await channel.close()
    await receiver.close()
    caught = receiver.requests[0]
    timestamp, signature = caught.headers["dosewarden-timestamp"], caught.headers["dosewarden-signature"]
    assert verify(SECRET, timestamp, caught.body, signature, int(timestamp) + 300)
    assert not verify(SECRET, timestamp, caught.body, signature, int(timestamp) + 301)


@pytest.mark.asyncio
async def test_a_wrong_secret_is_noticed_by_the_receiver(pager: Pager) -> None:
    await attempt(pager, b"another secret, not the site's")
    assert (pager.received, pager.forged) == ([], 1)


def test_a_signature_covers_body_and_time_and_grows_old() -> None:
    now_s, body = 1_800_000_000, b'{"kind":"page"}'
    signature = sign(SECRET, now_s, body)
    assert verify(SECRET, str(now_s), body, signature, now_s + 299)
    assert not verify(SECRET, str(now_s), body, signature, now_s + 301)
    assert not verify(SECRET, str(now_s), body + b" ", signature, now_s)
    assert not verify(SECRET, str(now_s + 1), body, signature, now_s)
    assert not verify(SECRET, "yesterday", body, signature, now_s)


def test_what_was_found_does_not_leave_the_house() -> None:
    retraction = replace(PAGE, kind=MessageKind.RETRACTION)
    for message in (PAGE, retraction):
        body = body_of(message, SECRET)
        for secret in (b"Jane", b"baclofen", b"95", b"10:00", b"4711"):
            assert secret not in body
    assert b'"correction"' in body_of(retraction, SECRET)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, Outcome.DELIVERED),
        (429, Outcome.AGAIN),
        (503, Outcome.AGAIN),
        (401, Outcome.REFUSED),
        (302, Outcome.REFUSED),
    ],
)
async def test_each_answer_says_whether_to_try_again(pager: Pager, status: int, outcome: Outcome) -> None:
    pager.answers.append((status, {"Location": "http://127.0.0.1/elsewhere"}))
    assert (await attempt(pager)).outcome is outcome


@pytest.mark.asyncio
async def test_the_wait_that_a_receiver_asks_for_is_handed_on(pager: Pager) -> None:
    pager.answers.append((429, {"Retry-After": "7"}))
    assert await attempt(pager) == Attempt(Outcome.AGAIN, "HTTP 429", 7.0)


@pytest.mark.asyncio
async def test_an_answer_that_is_lost_leaves_it_unknown(pager: Pager) -> None:
    pager.answers.append(None)
    assert (await attempt(pager)).outcome is Outcome.UNKNOWN
    assert len(pager.received) == 1


@pytest.mark.asyncio
async def test_a_receiver_that_is_away_got_nothing() -> None:
    channel = WebhookChannel(f"http://127.0.0.1:{free_port()}/", SECRET, loopback=True)
    assert (await channel.send(PAGE, "")).outcome is Outcome.AGAIN
    await channel.close()


@pytest.mark.parametrize("header", [None, "soon", "-3", ""])
def test_an_unreadable_wait_is_no_wait(header: str | None) -> None:
    assert retry_after_s(header, 0.0) is None


def test_a_wait_may_be_a_date_and_is_bounded() -> None:
    assert retry_after_s("Thu, 01 Jan 1970 00:02:00 GMT", 90.0) == 30.0
    assert retry_after_s("Thu, 01 Jan 1970 00:00:00 GMT", time.time()) == 0.0
    assert retry_after_s("86400", 0.0) == 300.0


@pytest.mark.parametrize(
    "url",
    ["http://pager.example/", "ftp://pager.example/", "https://user:word@pager.example/", "pager.example"],
)
def test_addresses_that_could_leak_are_refused_at_the_start(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        WebhookChannel(url, SECRET)


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "169.254.1.1", "0.0.0.0", "224.0.0.1", "localhost"])
async def test_a_webhook_does_not_lead_back_into_this_machine(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        await check_target(host, 443, loopback=False, plain=False)


@pytest.mark.asyncio
async def test_plain_http_stays_on_this_machine_though_loopback_is_allowed() -> None:
    with pytest.raises(ForbiddenAddress):
        await check_target("10.1.2.3", 80, loopback=True, plain=True)


@pytest.mark.asyncio
async def test_a_refused_address_is_a_refusal_not_a_crash() -> None:
    channel = WebhookChannel("https://127.0.0.1:1/", SECRET)
    assert (await channel.send(PAGE, "")).outcome is Outcome.REFUSED
    await channel.close()


@pytest.mark.asyncio
async def test_a_person_has_an_address_of_their_own(pager: Pager) -> None:
    channel = WebhookChannel(f"http://127.0.0.1:{free_port()}/", SECRET, loopback=True)
    assert (await channel.send(PAGE, await pager.start())).outcome is Outcome.DELIVERED
    assert len(pager.received) == 1
    await channel.close()


@pytest.mark.asyncio
async def test_a_persons_address_is_held_to_the_same_rules() -> None:
    channel = WebhookChannel("https://pager.example/", SECRET)
    for address in ("http://10.0.0.1/", "https://127.0.0.1:1/", "https://a:b@pager.example/"):
        assert (await channel.send(PAGE, address)).outcome is Outcome.REFUSED
    await channel.close()
