"""A small token issuer: it signs access tokens and publishes its keys on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://login.west.example/realms/hospital"
AUDIENCE = "dosewarden"
_KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
"""Made once: a key of this size takes a while."""


class TokenIssuer:
    """`keys` by their names; the last one signs. `asked` counts questions for the keys, which wait for
    `answers`; each sets `questioned`.
    """

    def __init__(self) -> None:
        self.keys = {"first": _KEYS[0]}
        self.asked = 0
        self.broken = False
        self.questioned = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()
        self.port = 0

    @property
    def jwks(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self.port}/keys"

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.keys = {"second": _KEYS[1]}

    def token(
        self, now: float, *, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """An access token for the client west-ehr, for five minutes, with these claims instead; one that is
        None is left out.
        """
        name, key = list(self.keys.items())[-1]
        stated = {"iss": ISSUER, "aud": AUDIENCE, "client_id": "west-ehr", "iat": now, "exp": now + 300}
        kept = {claim: value for claim, value in (stated | claims).items() if value is not None}
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": name} | (headers or {}))

    def published(self) -> bytes:
        """The keys as a JWKS."""
        found = [
            json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": found}).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question over HTTP."""
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            self.questioned.set()
            await self.answers.wait()
            status = b"500 Broken" if self.broken else b"200 OK"
            body = self.published()
            head = b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
            writer.write(head + body)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass  # whoever asked has left before the end of the answer
        finally:
            writer.transport.abort()


@asynccontextmanager
async def issuing() -> AsyncIterator[TokenIssuer]:
    """An issuer whose keys can be asked for while the context lasts."""
    issuer = TokenIssuer()
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    async with server:
        issuer.port = server.sockets[0].getsockname()[1]
        yield issuer
