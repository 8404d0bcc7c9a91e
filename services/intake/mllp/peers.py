"""Who a peer is: what it is called in records, and which source it has proved to be."""

import asyncio

from services.intake.trust.certificates import certificate_of
from services.intake.trust.sources import Source, Sources

_LONGEST_NAME = 100


def certificate_shown(writer: asyncio.StreamWriter) -> bytes | None:
    """The certificate that the peer showed and TLS believed, in DER."""
    connection = writer.get_extra_info("ssl_object")
    return connection.getpeercert(binary_form=True) if connection is not None else None


def source_of(writer: asyncio.StreamWriter, sources: Sources) -> Source | None:
    """The source whose certificate the peer showed, else the one that is known by its address."""
    shown = certificate_shown(writer)
    if shown:
        certificate = certificate_of(shown)
        found = sources.by_certificate(certificate) if certificate is not None else None
        if found is not None:
            return found
    address = writer.get_extra_info("peername")
    return sources.by_address(str(address[0])) if address else None


def peer_of(writer: asyncio.StreamWriter) -> str:
    """The common name of the peer's certificate where it showed one, else its address."""
    certificate = writer.get_extra_info("peercert") or {}
    for part in certificate.get("subject", ()):
        for name, value in part:
            if name == "commonName":
                return _printable(value)
    address = writer.get_extra_info("peername") or ("unknown",)
    return _printable(str(address[0]))


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME]
