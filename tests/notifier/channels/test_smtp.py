"""Mail against a real SMTP server on loopback."""

import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from services.launcher.servers.child import free_port
from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.breaker import FAILURES
from services.notifier.channels.guard import Guard
from services.notifier.channels.mail import UnusableAddress
from services.notifier.channels.mail_server import Encryption, MailServer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.telling.messages import Message, MessageKind
from tests.intake.authority import Authority
from tests.notifier.mail_server import PASSWORD, USER, MailHost
from tests.notifier.pages import CANARIES, PAGE

NURSE = "nurse-7@ward.example"
Opened = Callable[[MailHost], MailHost]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "site")


@pytest_asyncio.fixture
async def hosts() -> AsyncIterator[list[MailHost]]:
    opened: list[MailHost] = []
    yield opened
    for host in opened:
        await host.close()


class NoAlarms:
    """Nothing is to be said here."""

    async def report(self, name: str, text: str) -> None:
        raise AssertionError(f"{name}: {text}")

    async def settle(self, name: str, text: str) -> None:
        raise AssertionError(f"{name}: {text}")


async def plain(hosts: list[MailHost]) -> tuple[MailHost, MailServer]:
    """A mail host without encryption, and settings that allow it on this machine."""
    host = MailHost()
    hosts.append(host)
    return host, MailServer(
        "127.0.0.1", await host.start(), "dosewarden@site.example", Encryption.NONE, loopback=True
    )


def server_side(authority: Authority) -> ssl.SSLContext:
    identity = authority.signed("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    return context


async def attempt(
    server: MailServer, message: Message = PAGE, address: str = NURSE, timeout_s: float = 10
) -> Attempt:
    return await SmtpChannel(server, timeout_s=timeout_s).send(message, address)


async def test_a_mail_says_where_to_look_and_counts_as_sent(hosts: list[MailHost]) -> None:
    host, server = await plain(hosts)
    assert await attempt(server) == Attempt(Outcome.SENT)
    mail = host.mails[0]
    assert mail["Subject"] == "Alert: tier 1, Neurology 2, cumulative-dose, 0a-4fd1e0c3"
    assert (mail["To"], mail["From"]) == (NURSE, "dosewarden@site.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert PAGE.link in mail.get_content()


@pytest.mark.parametrize("kind", list(MessageKind))
async def test_no_mail_says_whom_or_what_it_is_about(hosts: list[MailHost], kind: MessageKind) -> None:
    host, server = await plain(hosts)
    await attempt(server, replace(PAGE, kind=kind))
    for canary in CANARIES:
        assert canary not in host.raw[0]


async def test_a_repeat_has_the_same_id_and_all_mails_of_an_alert_are_one_thread(
    hosts: list[MailHost],
) -> None:
    host, server = await plain(hosts)
    await attempt(server)
    await attempt(server, replace(PAGE, kind=MessageKind.REPEAT))
    await attempt(server, replace(PAGE, kind=MessageKind.RETRACTION, delivery="another"))
    page, repeat, retraction = host.mails
    assert page["Message-ID"] == repeat["Message-ID"] != retraction["Message-ID"]
    assert page["References"] == repeat["References"] == retraction["References"]
    assert repeat["Subject"].startswith("Alert, again: ")


async def test_a_ward_with_a_line_break_adds_no_header(hosts: list[MailHost]) -> None:
    host, server = await plain(hosts)
    await attempt(server, replace(PAGE, ward="Neurology\r\nBcc: all@site.example"))
    assert host.mails[0]["Bcc"] is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 try later", Attempt(Outcome.AGAIN, "SMTP 451")),
        ("421 too busy", Attempt(Outcome.AGAIN, "SMTP 421")),
        ("554 refused for Jane Canary", Attempt(Outcome.REFUSED, "SMTP 554")),
    ],
)
async def test_what_the_server_answers_decides(hosts: list[MailHost], answer: str, expected: Attempt) -> None:
    host, server = await plain(hosts)
    host.answers.append(answer)
    assert await attempt(server) == expected


@pytest.mark.parametrize(("answer", "outcome"), [("550 who?", Outcome.REFUSED), ("450 full", Outcome.AGAIN)])
async def test_a_mailbox_may_be_unknown_or_full(hosts: list[MailHost], answer: str, outcome: Outcome) -> None:
    host, server = await plain(hosts)
    host.refused[NURSE] = answer
    assert await attempt(server) == Attempt(outcome, f"SMTP {answer[:3]}", personal=True)


async def test_a_full_mailbox_does_not_keep_mail_from_the_others(hosts: list[MailHost]) -> None:
    host, server = await plain(hosts)
    host.refused[NURSE] = "450 full"
    guard = Guard({"smtp": SmtpChannel(server, timeout_s=10)}, NoAlarms())
    for _ in range(2 * FAILURES):
        assert (await guard.send("smtp", PAGE, NURSE)).outcome is Outcome.AGAIN
    assert (await guard.send("smtp", PAGE, "nurse-8@ward.example")).outcome is Outcome.SENT


async def test_silence_after_the_content_leaves_it_unknown(hosts: list[MailHost]) -> None:
    host, server = await plain(hosts)
    host.silent = True
    assert (await attempt(server, timeout_s=1)).outcome is Outcome.UNKNOWN
    assert len(host.mails) == 1


async def test_a_server_that_is_away_got_nothing() -> None:
    server = MailServer("127.0.0.1", free_port(), "a@site.example", Encryption.NONE, loopback=True)
    assert (await attempt(server)).outcome is Outcome.AGAIN


async def encrypted(hosts: list[MailHost], authority: Authority, encryption: Encryption) -> MailServer:
    """A mail host of the site's own authority; one with STARTTLS asks for a password too."""
    login = encryption is Encryption.STARTTLS
    host = MailHost(server_side(authority), implicit=not login, login=login)
    hosts.append(host)
    user, password = (USER, PASSWORD) if login else ("", "")
    sender = "dosewarden@site.example"
    return MailServer("localhost", await host.start(), sender, encryption, user, password, loopback=True)


@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
async def test_mail_is_encrypted_to_a_server_that_proves_its_name(
    hosts: list[MailHost], authority: Authority, encryption: Encryption
) -> None:
    server = await encrypted(hosts, authority, encryption)
    trusting = SmtpChannel(server, tls=authority.client(), timeout_s=10)
    assert await trusting.send(PAGE, NURSE) == Attempt(Outcome.SENT)
    assert (await attempt(server)).outcome is Outcome.AGAIN
    assert len(hosts[0].mails) == 1


async def test_a_wrong_password_is_final(hosts: list[MailHost], authority: Authority) -> None:
    server = await encrypted(hosts, authority, Encryption.STARTTLS)
    wrong = SmtpChannel(replace(server, password="wrong"), tls=authority.client(), timeout_s=10)
    assert await wrong.send(PAGE, NURSE) == Attempt(Outcome.REFUSED, "SMTP 535")


async def test_a_server_without_encryption_gets_nothing(hosts: list[MailHost]) -> None:
    host, server = await plain(hosts)
    assert (await attempt(replace(server, encryption=Encryption.STARTTLS))).outcome is Outcome.REFUSED
    assert host.mails == []


async def test_mail_in_clear_stays_on_this_machine() -> None:
    for server in (
        MailServer("10.1.2.3", 25, "a@site.example", Encryption.NONE, loopback=True),
        MailServer("127.0.0.1", 25, "a@site.example"),
    ):
        assert (await attempt(server)).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "address",
    ["", "nurse", "nurse@", "@ward.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example"],
)
async def test_what_is_no_mail_address_is_refused(hosts: list[MailHost], address: str) -> None:
    host, server = await plain(hosts)
    assert await attempt(server, address=address) == Attempt(Outcome.REFUSED, "this is not a mail address")
    assert host.mails == []
    with pytest.raises(UnusableAddress):
        SmtpChannel(replace(server, sender=address))


def test_the_password_is_in_no_representation() -> None:
    assert PASSWORD not in repr(MailServer("mail.example", 587, "a@site.example", password=PASSWORD))
