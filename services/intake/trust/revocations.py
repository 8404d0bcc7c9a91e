"""Revoked client certificates: the authority's list, read at the start and again whenever its file changes.

TLS holds each certificate to the newest list that it was given. It does not look again when a session is
resumed, so whoever takes a connection asks `admits`, too. Past its `nextUpdate` a list is none, and no
certificate is believed: nobody can say then which of them still counts.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class BadList(ValueError):
    """The file cannot be used; the message says why, for the person who operates the door."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file of lists says: which serial numbers of which issuers are revoked, when each list was
    issued, and until when all of them count.
    """

    revoked: frozenset[tuple[x509.Name, int]]
    issued: Mapping[x509.Name, datetime]
    until: datetime

    def follows(self, before: "Listed") -> bool:
        """Whether it may stand in for that one: none of its lists is older, or another of the same second."""
        if self == before:
            return True
        return all(
            at > before.issued[issuer] for issuer, at in self.issued.items() if issuer in before.issued
        )


class RevocationList:
    """The lists in `file`, in PEM, each signed by one of the certificates in `authority`, for the door whose
    TLS is `context`.
    """

    def __init__(self, file: Path, authority: Path, context: ssl.SSLContext) -> None:
        self.file = file
        self.context = context
        self._authority = authority
        self._seen: tuple[int, int, int] | None = None
        self._listed: Listed | None = None

    def load(self) -> Listed:
        """Hold certificates to what the file says now. Raises `BadList`: then all is as before."""
        state = self._state()
        listed = _listed(_content(self.file), _content(self._authority))
        if self._listed is not None and not listed.follows(self._listed):
            raise BadList("it is not newer than the list that is in force")
        try:
            self.context.load_verify_locations(cafile=str(self.file))
        except (ssl.SSLError, OSError) as error:
            raise BadList("TLS cannot read it") from error
        self.context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        self._seen, self._listed = state, listed
        return listed

    def over(self, now: datetime) -> bool:
        """Whether what is in force no longer counts."""
        return self._listed is not None and self._listed.until <= now

    def admits(self, certificate: bytes) -> bool:
        """Whether this one (DER), which TLS believed once, is not revoked now."""
        if self._listed is None or self.over(datetime.now(UTC)):
            return False
        found = x509.load_der_x509_certificate(certificate)
        return (found.issuer, found.serial_number) not in self._listed.revoked

    def changed(self) -> bool:
        """Whether the file is another than the one that was looked at last, or is gone; told once."""
        try:
            state = self._state()
        except BadList:
            state = None
        told, self._seen = state != self._seen, state
        return told

    def _state(self) -> tuple[int, int, int]:
        try:
            found = self.file.stat()
        except OSError as error:
            raise BadList(f"{self.file.name} cannot be read: {error.strerror}") from error
        return found.st_ino, found.st_mtime_ns, found.st_size


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadList(f"{file.name} cannot be read: {error.strerror}") from error


def _listed(content: bytes, authority: bytes) -> Listed:
    try:
        lists = [x509.load_pem_x509_crl(found) for found in _LIST.findall(content)]
        signers = [x509.load_pem_x509_certificate(found) for found in _CERTIFICATE.findall(authority)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadList("it is no revocation list in PEM") from error
    if not lists:
        raise BadList("it holds no revocation list in PEM")
    ends = [found.next_update_utc for found in lists]
    until = [end for end in ends if end is not None]
    if len(until) < len(ends):
        raise BadList("a list does not say when the next one comes (nextUpdate)")
    if not all(any(_signed(found, signer) for signer in signers) for found in lists):
        raise BadList("a list is not signed by the door's authority of clients")
    revoked = frozenset((found.issuer, entry.serial_number) for found in lists for entry in found)
    issued = {found.issuer: found.last_update_utc for found in lists}
    if len(issued) < len(lists):
        raise BadList("two lists are of the same issuer")
    return Listed(revoked, issued, min(until))


def _signed(found: x509.CertificateRevocationList, signer: x509.Certificate) -> bool:
    try:
        return found.issuer == signer.subject and found.is_signature_valid(signer.public_key())  # type: ignore[arg-type]
    except (TypeError, UnsupportedAlgorithm):
        return False
