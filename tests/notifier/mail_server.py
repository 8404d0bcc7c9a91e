"""A real SMTP server on loopback that keeps what it took and can be told to misbehave."""

import asyncio
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "dosewarden", "a password of the test's own"


class MailHost:
    """`answers` to DATA, in turn, then 250; `silent`: the mail is taken, the answer never comes.

    `login` needs STARTTLS here.
    """

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False
    ) -> None:
        self._tls = tls
        self._implicit = implicit
        self._login = login
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        self.silent = False
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self._end = asyncio.Event()
        self._more = asyncio.Condition()

    async def start(self) -> int:
        """The port."""
        loop = asyncio.get_running_loop()
        implicit = self._tls if self._implicit else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=implicit)
        return int(self._server.sockets[0].getsockname()[1])

    def _protocol(self) -> SMTP:
        starttls = self._tls if not self._implicit else None
        return SMTP(
            self,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self._login,
            authenticator=self._authenticated if self._login else None,
        )

    def _authenticated(self, _: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
        right = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=given == right, handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            async with self._more:
                self._more.notify_all()
        if self.silent:
            await self._end.wait()
        return answer

    async def until(self, count: int) -> None:
        """Wait until there are `count` mails or more."""
        async with self._more, asyncio.timeout(60):
            await self._more.wait_for(lambda: len(self.mails) >= count)

    async def close(self) -> None:
        self._end.set()
        self._server.close()
        await self._server.wait_closed()
