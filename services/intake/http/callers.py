"""Who calls: the source that an access token or a client certificate proves, asked before a body is read."""

import base64
import binascii
import ssl

from starlette.requests import Request

from services.intake.http.bodies import Refused
from services.intake.trust.certificates import Certificate, certificate_of
from services.intake.trust.keys import NoKeys
from services.intake.trust.sources import Source, Sources
from services.intake.trust.tokens import BadToken, Tokens

SOURCE = "dosewarden.source"
"""Where a request's scope has the name of the source that it is of."""
_RETRY_AFTER_S = "10"
_REALM = 'Bearer realm="DoseWarden"'


class Callers:
    """Knows callers by what they show. A token that is shown decides, whatever the certificate says."""

    def __init__(self, sources: Sources, tokens: Tokens | None = None) -> None:
        self._sources = sources
        self._tokens = tokens or Tokens(sources.issuers)

    async def source(self, request: Request) -> Source:
        """The source that calls. Raises `Refused`: 401 nobody known, 503 when that cannot be said now."""
        found = await self._known(request)
        request.scope[SOURCE] = found.name
        return found

    async def _known(self, request: Request) -> Source:
        certificate = _certificate(request)
        shown = request.headers.getlist("authorization")
        if not shown:
            found = self._sources.by_certificate(certificate) if certificate is not None else None
            if found is None:
                raise _unknown(certificate)
            return found
        scheme, _, token = shown[0].partition(" ")
        if len(shown) > 1 or scheme.lower() != "bearer":
            raise _refused("invalid_request", "Show one access token, as Authorization: Bearer.")
        return await self._granted(token.strip(), certificate)

    async def _granted(self, token: str, certificate: Certificate | None) -> Source:
        try:
            grant = await self._tokens.grant(token)
        except BadToken as error:
            raise _refused("invalid_token", f"The access token is refused: {error}.") from error
        except NoKeys as error:
            sentence = "The keys of the token's issuer cannot be had now: send the same again."
            raise Refused(503, "transient", sentence, headers={"retry-after": _RETRY_AFTER_S}) from error
        if grant.bound_to is not None and not _bound(grant.bound_to, certificate):
            raise _refused("invalid_token", "The access token is bound to another certificate.")
        source = self._sources.by_client(grant.issuer, grant.client)
        if source is None:
            raise _refused("invalid_token", "The access token is that of a client which is no source here.")
        return source


def _unknown(certificate: Certificate | None) -> Refused:
    if certificate is not None and certificate.must_staple:
        return _refused(
            "", "The client certificate counts only with a stapled OCSP answer: none is asked for."
        )
    if certificate is not None:
        return _refused("", "The client certificate is not that of exactly one source.")
    return _refused("", "Show who you are: an access token, or a client certificate.")


def _refused(error: str, sentence: str) -> Refused:
    challenge = f'{_REALM}, error="{error}"' if error else _REALM
    return Refused(401, "login", sentence, headers={"www-authenticate": challenge})


def _certificate(request: Request) -> Certificate | None:
    """The verified certificate of the connection, as ASGI's extension for TLS hands it over."""
    chain = request.scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    return certificate_of(ssl.PEM_cert_to_DER_cert(chain[0])) if chain else None


def _bound(digest: str, certificate: Certificate | None) -> bool:
    if certificate is None:
        return False
    try:
        return base64.urlsafe_b64decode(digest + "=" * (-len(digest) % 4)).hex() == certificate.sha256
    except (binascii.Error, ValueError):
        return False
