"""How a source proves who it is: by a client certificate, by an access token, or by its address."""

import ipaddress
import re
from typing import Annotated, Literal, Self

from cryptography import x509
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Contract

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key only: who verifies a token cannot make one."""

_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_LOCAL = re.compile(r"^http://(?:127\.0\.0\.1|localhost|\[::1\])[:/]")


def _subject(text: str) -> str:
    try:
        return x509.Name.from_rfc4514_string(text).rfc4514_string()
    except ValueError as error:
        raise ValueError(
            "this is no subject as RFC 4514 writes it; write CN=pharmacy engine,O=West Hospital, as"
            " `openssl x509 -noout -subject -nameopt RFC2253` prints it"
        ) from error


def _alternative_name(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("DNS", "URI") or not name:
        raise ValueError("this is no alternative name; write DNS:engine.west.example or URI:urn:west:engine")
    return f"{kind}:{name.lower()}" if kind == "DNS" else text


def _fingerprint(text: str) -> str:
    found = text.replace(":", "").lower()
    if not _DIGEST.match(found):
        raise ValueError("this is no SHA-256 fingerprint; write the 64 hexadecimal digits, colons or not")
    return found


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError("this is no network; write 10.1.2.0/24, or one address alone") from error


def _place_of_keys(text: str) -> str:
    if "://" in text and not (text.startswith("https://") or _LOCAL.match(text)):
        raise ValueError("keys are not fetched over plain HTTP; write an https address, or a file")
    return text


class CertificateProof(Contract):
    """A certificate that the door's authority signed, told by exactly one of: its subject (RFC 4514), one of
    its alternative names (`DNS:` or `URI:`), its SHA-256 fingerprint.
    """

    subject: Annotated[str, AfterValidator(_subject)] | None = None
    san: Annotated[str, AfterValidator(_alternative_name)] | None = None
    sha256: Annotated[str, AfterValidator(_fingerprint)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(item is not None for item in (self.subject, self.san, self.sha256)) != 1:
            raise ValueError("a certificate is told by one thing; write one of subject, san and sha256")
        return self


class TokenProof(Contract):
    """An access token of `issuer` (the only one where the file declares one) for this client."""

    client_id: Name
    issuer: Name | None = None


class Issuer(Contract):
    """Who issues access tokens: `iss` and `aud` of its tokens, and where its public keys (JWKS) are, an https
    address or a file.
    """

    issuer: Name
    audience: Name
    jwks: Annotated[Name, AfterValidator(_place_of_keys)]
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256", "PS256", "ES256")


Address = Annotated[str, AfterValidator(_network)]
