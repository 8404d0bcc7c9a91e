"""Mail by way of the site's mail server. Encrypted always; in clear only to this machine, by its setting.

The server that took a mail has not delivered it: the receipt is `sent`.
"""

import asyncio
import ssl
import time
from collections.abc import Callable

import aiosmtplib

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target
from services.notifier.channels.mail import UnusableAddress, mail_of, mailbox
from services.notifier.channels.mail_server import Encryption, MailServer
from services.notifier.telling.messages import Message

_PERMANENT = 500


class SmtpChannel:
    """Sends one mail per message, each by a connection of its own, within `timeout_s` seconds.

    Raises `UnusableAddress` when the server's `sender` is no mail address.
    """

    name = "smtp"

    def __init__(
        self,
        server: MailServer,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 8.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._server = server
        self._sender = mailbox(server.sender)
        self._tls = tls or ssl.create_default_context()
        self._timeout_s = timeout_s
        self._wall = wall

    async def send(self, message: Message, address: str) -> Attempt:
        try:
            recipient = mailbox(address)
        except UnusableAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        content = mail_of(message, self._sender, recipient, self._wall()).as_bytes()
        client, may_be_out = self._client(), False
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._check()
                await client.connect()
                await client.mail(self._sender.addr_spec)
                await client.rcpt(recipient.addr_spec)
                may_be_out = True
                await client.data(content)
        except ForbiddenAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            return _judge(error, may_be_out)
        finally:
            client.close()
        return Attempt(Outcome.SENT)

    async def _check(self) -> None:
        server = self._server
        plain = server.encryption is Encryption.NONE
        await check_target(server.host, server.port, loopback=server.loopback, plain=plain)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._sender.domain,
            use_tls=server.encryption is Encryption.TLS,
            start_tls=server.encryption is Encryption.STARTTLS,
            tls_context=self._tls,
            username=server.user or None,
            password=server.password or None,
        )

    async def close(self) -> None:
        """Nothing to give back: no connection outlives its mail."""


def _judge(error: Exception, may_be_out: bool) -> Attempt:
    """What a failure means. A server that answered has decided; silence after DATA may be a yes."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        outcome = Outcome.REFUSED if error.code >= _PERMANENT else Outcome.AGAIN
        personal = isinstance(error, aiosmtplib.SMTPRecipientRefused)
        return Attempt(outcome, f"SMTP {error.code}", personal=personal)
    if isinstance(error, aiosmtplib.SMTPNotSupported) or type(error) is aiosmtplib.SMTPException:
        return Attempt(Outcome.REFUSED, "the mail server does not offer what the settings ask for")
    return Attempt(Outcome.UNKNOWN if may_be_out else Outcome.AGAIN, type(error).__name__)
