"""Whatever stands in an issue: no channel that leaves the hospital carries it, and no log does."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from schemas.base import Severity
from schemas.issues import Transition
from services.notifier.channels.chat import ChatChannel, Shape
from services.notifier.channels.mail_server import Encryption, MailServer
from services.notifier.channels.posting import Posting
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.channels.subscriptions import Subscriptions
from services.notifier.channels.vapid import Vapid
from services.notifier.channels.web_push import WebPushChannel
from services.notifier.channels.webhook import WebhookChannel
from services.notifier.policy.default import DeskPolicy
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.reading import AlertReader
from tests.notifier.browser import Browser, new_key
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.mail_server import MailHost
from tests.notifier.pager import SECRET
from tests.notifier.receiver import Receiver, Reply
from tests.notifier.sending import sending

pytestmark = pytest.mark.redis
OUTSIDE = ("webhook", "slack", "teams", "smtp", "webpush")
CANARIES = (b"Canary", b"MRN-", b"born-1961", b"bed-12", b"baclofen", b"95 mg", b"80 mg", b"sleepy")


class Team:
    """Whoever is told has an address on every channel."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses

    def channels(self, person: str) -> tuple[str, ...]:
        return OUTSIDE

    def address(self, person: str, channel: str) -> str | None:
        return self._addresses[channel]


@pytest_asyncio.fixture
async def web() -> AsyncIterator[dict[str, Receiver]]:
    usual = {"webhook": Reply(200), "slack": Reply(200, b"ok"), "teams": Reply(202), "webpush": Reply(201)}
    made = {channel: Receiver(reply) for channel, reply in usual.items()}
    for receiver in made.values():
        await receiver.start()
    yield made
    for receiver in made.values():
        await receiver.close()


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[MailHost]:
    made = MailHost()
    yield made
    await made.close()


async def test_names_numbers_beds_drugs_and_free_text_stay_inside(
    connection: Connection,
    web: dict[str, Receiver],
    mail: MailHost,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    addresses = {channel: f"http://127.0.0.1:{receiver.port}/hook" for channel, receiver in web.items()}
    browser = Browser(addresses["webpush"])
    browser.subscribe(tmp_path, "phone-7")
    team = Team({**addresses, "webpush": "phone-7", "smtp": "nurse-7@ward.example"})
    server = MailServer("127.0.0.1", await mail.start(), "us@site.example", Encryption.NONE, loopback=True)
    channels = (
        WebhookChannel(addresses["webhook"], SECRET, loopback=True),
        ChatChannel(Shape.SLACK, loopback=True),
        ChatChannel(Shape.TEAMS, loopback=True),
        SmtpChannel(server),
        WebPushChannel(Vapid(new_key(), "us@site.example"), Subscriptions(tmp_path), Posting(loopback=True)),
    )
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin(), DeskPolicy(OUTSIDE))
    secret = {
        "patient": "MRN-4711-Jane-Canary-born-1961",
        "text": "baclofen 95 mg for Jane Canary in bed-12",
        "because": "sleepy, says Jim Canary",
        "cause_event": "MRN-4711/dose-3",
        "subjects": ("baclofen",),
        "implicated": ("MRN-4711/dose-2",),
        "evidence": {"sum": "95 mg", "limit": "80 mg", "note": "sleepy in bed-12"},
        "severity": Severity.CONTRAINDICATED,
    }
    async with sending(desk, *channels, people=team):
        await desk.hear(finding(**secret))
        for receiver in web.values():
            await receiver.until(1)
        await mail.until(1)
        await desk.hear(finding(Transition.WITHDRAWN, revision=2, **secret))
        for receiver in web.values():
            await receiver.until(2)
        await mail.until(2)
    for channel in channels:
        await channel.close()
    requests = [request for receiver in web.values() for request in receiver.requests]
    told = [request.raw for request in requests] + mail.raw
    told += [browser.read(request.body) for request in web["webpush"].requests]
    assert len(told) == 12
    for canary in CANARIES:
        assert not [text for text in told if canary in text]
        assert canary.decode() not in caplog.text


async def test_what_an_other_side_answers_is_not_believed_to_be_harmless(
    connection: Connection, web: dict[str, Receiver], caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway may answer with what it knows of us; reasons name its status only."""
    caplog.set_level(logging.INFO)
    web["webhook"].usual = Reply(403, b"no pages for Jane Canary", {"X-Reason": "Jane Canary"})
    url = f"http://127.0.0.1:{web['webhook'].port}/hook?key=secret-of-the-hook"
    store = AlertStore(connection)
    desk = Desk(store, AlertReader(connection), await store.begin(), DeskPolicy(("webhook",)))
    webhook = WebhookChannel(url, SECRET, loopback=True)
    async with sending(desk, webhook) as work:
        await desk.hear(finding())
        await work.hears("channel-webhook")
    await webhook.close()
    assert "HTTP 403" in caplog.text
    for word in ("Canary", "secret-of-the-hook"):
        assert word not in caplog.text
        assert not [text for text in work.texts if word in text]
