"""Access tokens (OAuth 2.0 client credentials, JWT by RFC 7519 and 9068): whose is it, or why is it refused?

Nothing of a token is logged or said: only the kind of what is wrong with it.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

from services.intake.trust.keys import Keys
from services.intake.trust.proofs import Issuer

_LARGEST = 16 * 1024
_KEPT = 4_096
_SKEW_S = 30.0
"""How far the issuer's clock may be ahead of ours; a token that is over has no such grace."""
_CLIENT_CLAIMS = ("client_id", "azp", "sub")
_DAMAGED = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    UnsupportedAlgorithm,
)
"""What reading a token that somebody damaged on purpose may raise."""


class BadToken(Exception):
    """The token proves nothing; the sentence says of what kind the reason is."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A verified token: who issued it to which client, until when (seconds since 1970), and the SHA-256
    fingerprint of the certificate that it is bound to (RFC 8705), as base64url, where it is.
    """

    issuer: str
    client: str
    ends: float
    bound_to: str | None


class Tokens:
    """Verifies tokens of these issuers, each once while it holds. `clock` counts seconds since 1970."""

    def __init__(
        self,
        issuers: Iterable[Issuer],
        clock: Callable[[], float] = time.time,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuers = {
            issuer.issuer: (issuer, Keys(issuer.jwks, issuer.algorithms, ticking)) for issuer in issuers
        }
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Grant, int]] = OrderedDict()

    async def grant(self, token: str) -> Grant:
        """Whose token it is. Raises `BadToken`, and `NoKeys` when that cannot be said now."""
        if len(token) > _LARGEST:
            raise BadToken("the token is too long")
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None:
            _, keys = self._issuers[known[0].issuer]
            await keys.refresh()
            if keys.generation == known[1] and known[0].ends > self._clock():
                self._known.move_to_end(digest)
                return known[0]
            del self._known[digest]
        grant, generation = await self._verified(token)
        self._known[digest] = grant, generation
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return grant

    async def _verified(self, token: str) -> tuple[Grant, int]:
        issuer, keys = self._issuer(token)
        try:
            header = jwt.get_unverified_header(token)
        except _DAMAGED as error:
            raise BadToken("the token cannot be read") from error
        algorithm, name = header.get("alg"), header.get("kid")
        if algorithm not in issuer.algorithms:
            raise BadToken("the token is signed in a way that is not allowed")
        if name is not None and not isinstance(name, str):
            raise BadToken("the token cannot be read")
        key = await keys.key(name, algorithm)
        if key is None:
            raise BadToken("the token is signed with a key that its issuer does not publish")
        return _grant(_claims(token, key, issuer), issuer, self._clock()), keys.generation

    def _issuer(self, token: str) -> tuple[Issuer, Keys]:
        """Who says to have issued it; only a name under which to look, as long as nothing is verified."""
        try:
            stated = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except _DAMAGED as error:
            raise BadToken("the token cannot be read") from error
        found = self._issuers.get(stated) if isinstance(stated, str) else None
        if found is None:
            raise BadToken("the token is of an issuer that is not trusted here")
        return found


def _claims(token: str, key: jwt.PyJWK, issuer: Issuer) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=list(issuer.algorithms),
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=_SKEW_S,
            options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
        )
    except jwt.ExpiredSignatureError as error:
        raise BadToken("the token is over") from error
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError) as error:
        raise BadToken("the token does not hold yet") from error
    except jwt.InvalidAudienceError as error:
        raise BadToken("the token is for somebody else") from error
    except jwt.MissingRequiredClaimError as error:
        raise BadToken("the token lacks one of exp, iss and aud") from error
    except _DAMAGED as error:
        raise BadToken("the token does not verify") from error


def _grant(claims: dict[str, Any], issuer: Issuer, now: float) -> Grant:
    try:
        ends = float(claims["exp"])
    except _DAMAGED as error:
        raise BadToken("the token cannot be read") from error
    if not ends > now:
        raise BadToken("the token is over")
    client = next((claims[name] for name in _CLIENT_CLAIMS if name in claims), None)
    if not isinstance(client, str) or not client:
        raise BadToken("the token names no client")
    confirmed = claims.get("cnf")
    if confirmed is None:
        return Grant(issuer.issuer, client, ends, None)
    bound_to = confirmed.get("x5t#S256") if isinstance(confirmed, dict) else None
    if not isinstance(bound_to, str):
        raise BadToken("the token is bound to something that is not understood here")
    return Grant(issuer.issuer, client, ends, bound_to)
