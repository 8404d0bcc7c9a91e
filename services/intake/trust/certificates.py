"""What of a client certificate tells whose it is. TLS has verified it before anybody looks here."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Certificate:
    """`subject` by RFC 4514; `names` are its alternative names as `DNS:...` (lower case) and `URI:...`;
    `sha256` is the fingerprint in hexadecimal digits. `must_staple`: it says of itself that it counts only
    with an OCSP answer beside it (RFC 7633), for which nobody asks here.
    """

    subject: str
    names: frozenset[str]
    sha256: str
    must_staple: bool = False


@lru_cache(_KEPT)
def certificate_of(der: bytes) -> Certificate | None:
    """The certificate in DER; None where it has not the form that X.509 gives it."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            found.subject.rfc4514_string(),
            _names(found),
            hashlib.sha256(der).hexdigest(),
            _must_staple(found),
        )
    except (ValueError, TypeError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return None


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    dns = (f"DNS:{name.lower()}" for name in found.get_values_for_type(x509.DNSName))
    uris = (f"URI:{name}" for name in found.get_values_for_type(x509.UniformResourceIdentifier))
    return frozenset((*dns, *uris))


def _must_staple(certificate: x509.Certificate) -> bool:
    try:
        features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    except x509.ExtensionNotFound:
        return False
    return any("status_request" in feature.name for feature in features)
