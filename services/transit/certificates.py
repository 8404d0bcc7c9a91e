"""TLS of a client: whose servers it believes, and the certificate that it shows."""

import ssl
from dataclasses import dataclass

from services.transit.reading import BadTransit, Stated


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM; an empty `ca` stands for the authorities of the system, an empty `certificate` for none
    to show.
    """

    ca: str = ""
    certificate: str = ""
    key: str = ""

    def context(self) -> ssl.SSLContext:
        """Read the files, as they are now. The server's certificate and name are always checked.

        Raises `OSError` and `ValueError`.
        """
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key, password=_no_passphrase)
        return context


def tls_of(stated: Stated, prefix: str) -> Tls:
    """What `{prefix}_CA`, `_CERTIFICATE` and `_KEY` name, tried once. Raises `BadTransit`."""
    tls = Tls(*(stated.text(f"{prefix}_{name}") for name in ("CA", "CERTIFICATE", "KEY")))
    if bool(tls.certificate) != bool(tls.key):
        raise BadTransit(f"DOSEWARDEN_{prefix}_CERTIFICATE and DOSEWARDEN_{prefix}_KEY go together: set both")
    try:
        tls.context()
    except (OSError, ValueError) as error:
        raise BadTransit(
            f"the files of DOSEWARDEN_{prefix}_CA, _CERTIFICATE or _KEY cannot be used: they must be"
            " readable, in PEM, without a passphrase, and the key must be the certificate's"
        ) from error
    return tls


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")
