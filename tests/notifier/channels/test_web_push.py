"""Web Push against a push service on loopback, read by a browser with its own keys."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import jwt
import orjson
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.posting import Posting
from services.notifier.channels.push_encryption import BrowserKeys, encrypt, from_base64, to_base64
from services.notifier.channels.subscriptions import Subscriptions
from services.notifier.channels.vapid import BadKey, Vapid
from services.notifier.channels.web_push import WebPushChannel, topic_of
from services.notifier.telling.messages import Message, MessageKind
from tests.notifier.browser import Browser, new_key
from tests.notifier.pages import CANARIES, PAGE
from tests.notifier.receiver import Receiver, Reply

PHONE = "nurse-7-phone"


SITE_KEY = new_key()
VAPID = Vapid(SITE_KEY, "pharmacy@site.example")


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Receiver]:
    made = Receiver(Reply(201))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def browser(service: Receiver, tmp_path: Path) -> Browser:
    made = Browser(f"http://127.0.0.1:{service.port}/send/abc")
    made.subscribe(tmp_path, PHONE)
    return made


async def attempt(directory: Path, message: Message = PAGE, reference: str = PHONE) -> Attempt:
    channel = WebPushChannel(VAPID, Subscriptions(directory), Posting(loopback=True, timeout_s=5))
    try:
        return await channel.send(message, reference)
    finally:
        await channel.close()


def test_encryption_is_that_of_the_standard() -> None:
    """The example of RFC 8291, appendix A."""
    ours = ec.derive_private_key(
        int.from_bytes(from_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    browser = BrowserKeys(
        from_base64(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        from_base64("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        browser,
        ours=ours,
        salt=from_base64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert to_base64(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_only_the_browser_can_read_it_and_a_mere_taking_counts_as_sent(
    service: Receiver, browser: Browser, tmp_path: Path
) -> None:
    assert await attempt(tmp_path) == Attempt(Outcome.SENT)
    request = service.requests[0]
    content = orjson.loads(browser.read(request.body))
    assert content["title"] == "Alert: tier 1, Neurology 2, cumulative-dose, 0a-4fd1e0c3"
    assert content["link"] == PAGE.link
    assert b"Neurology" not in request.raw


@pytest.mark.parametrize("kind", list(MessageKind))
async def test_not_even_the_browser_hears_whom_or_what_it_is_about(
    service: Receiver, browser: Browser, tmp_path: Path, kind: MessageKind
) -> None:
    await attempt(tmp_path, replace(PAGE, kind=kind))
    for canary in CANARIES:
        assert canary not in browser.read(service.requests[0].body)
        assert canary not in service.requests[0].raw


async def test_a_newer_message_about_an_alert_takes_the_place_of_one_that_waits(
    service: Receiver, browser: Browser, tmp_path: Path
) -> None:
    await attempt(tmp_path)
    await attempt(tmp_path, replace(PAGE, kind=MessageKind.RETRACTION, delivery="another"))
    await attempt(tmp_path, replace(PAGE, alert="0a-another"))
    first, second, other = (request.headers["topic"] for request in service.requests)
    assert first == second == topic_of(PAGE.alert) != other
    assert len(first) == 32


@pytest.mark.parametrize(("tier", "urgency", "ttl"), [(1, "high", "3600"), (3, "normal", "14400")])
async def test_loud_alerts_wake_a_phone_and_none_comes_days_later(
    service: Receiver, browser: Browser, tmp_path: Path, tier: int, urgency: str, ttl: str
) -> None:
    await attempt(tmp_path, replace(PAGE, tier=tier))
    headers = service.requests[0].headers
    assert (headers["urgency"], headers["ttl"]) == (urgency, ttl)


async def test_the_push_service_can_verify_who_sends(
    service: Receiver, browser: Browser, tmp_path: Path
) -> None:
    await attempt(tmp_path)
    token, key = service.requests[0].headers["authorization"].removeprefix("vapid t=").split(", k=")
    assert key == VAPID.public
    audience = f"http://127.0.0.1:{service.port}"
    public = load_pem_private_key(SITE_KEY, None).public_key()
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=audience)
    assert claims["sub"] == "mailto:pharmacy@site.example"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_not_tried_again(
    service: Receiver, browser: Browser, tmp_path: Path, status: int
) -> None:
    service.replies.append(Reply(status))
    first, second = await attempt(tmp_path), await attempt(tmp_path)
    assert first.outcome is second.outcome is Outcome.REFUSED
    assert second.reason == "the push service no longer knows it"
    assert len(service.requests) == 1
    browser.subscribe(tmp_path, PHONE)
    assert (await attempt(tmp_path)).outcome is Outcome.SENT


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(429, headers={"Retry-After": "9"}), Attempt(Outcome.AGAIN, "HTTP 429", 9.0)),
        (Reply(503), Attempt(Outcome.AGAIN, "HTTP 503")),
        (Reply(413), Attempt(Outcome.REFUSED, "HTTP 413")),
        (Reply(403), Attempt(Outcome.REFUSED, "HTTP 403")),
    ],
)
async def test_what_the_push_service_answers_decides(
    service: Receiver, browser: Browser, tmp_path: Path, reply: Reply, expected: Attempt
) -> None:
    service.replies.append(reply)
    assert await attempt(tmp_path) == expected


@pytest.mark.parametrize("reference", ["", "unknown", "../nurse-7-phone", "a/b", "nurse-7-phone.json"])
async def test_a_reference_leads_to_a_subscription_or_nowhere(
    service: Receiver, browser: Browser, tmp_path: Path, reference: str
) -> None:
    directory = tmp_path / "inner"
    directory.mkdir()
    assert (await attempt(directory, reference=reference)).outcome is Outcome.REFUSED
    assert service.requests == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"endpoint": "https://push.example/a"}',
        b'{"endpoint": "https://push.example/a", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        b'{"endpoint": "https://push.example/a", "keys": {"p256dh": 7, "auth": "AAAA"}}',
    ],
)
async def test_a_subscription_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{PHONE}.json").write_bytes(content)
    assert (await attempt(tmp_path)).outcome is Outcome.REFUSED


async def test_a_subscription_does_not_lead_into_this_machine(tmp_path: Path) -> None:
    Browser("https://127.0.0.1:1/send/abc").subscribe(tmp_path, PHONE)
    channel = WebPushChannel(VAPID, Subscriptions(tmp_path), Posting())
    assert (await channel.send(PAGE, PHONE)).outcome is Outcome.REFUSED
    await channel.close()


@pytest.mark.parametrize("wrong", [b"", b"a key", new_key(ec.SECP384R1())])
def test_a_key_that_push_services_would_refuse_is_refused_at_the_start(wrong: bytes) -> None:
    with pytest.raises(BadKey):
        Vapid(wrong, "pharmacy@site.example")
