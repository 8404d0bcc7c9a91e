"""`python -m services.launcher.own_authority DIRECTORY`: the secrets of docker-compose.yml for a first start.

A site key, an authority of its own, and a certificate each for Kafka, the store, the doors, our services and
one source. A site that has an authority puts that one's files in their place, under the same names.
"""

import ipaddress
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM
_ORGANIZATION = "DoseWarden on one machine"
_AUTHORITY_LASTS = timedelta(days=3_650)
_LASTS = timedelta(days=365)
_NAMES = {
    "kafka": ("kafka", "localhost"),
    "store": ("store", "localhost"),
    "door": ("intake", "localhost"),
    "service": ("service",),
    "engine": ("engine",),
}
"""Whose certificate, with the names by which it is reached."""


class Made(RuntimeError):
    """The directory holds secrets already."""


def make(directory: Path) -> None:
    """Write them, readable by whoever may enter `directory`, which is its owner alone: the services in their
    containers are other users, and get each file by itself. Raises `Made`; nothing is ever written over.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise Made(f"{directory} is not empty: what is there may be in use, and is left as it is")
    directory.chmod(0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority")
    built = _built(name, name, key.public_key(), _AUTHORITY_LASTS)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    _write(directory / "authority.key", _private(key), 0o600)
    _write(directory / "authority.pem", _signed(built, key))
    for who, reached in _NAMES.items():
        own = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_leaf(who, reached, name, own), key)
        _write(directory / f"{who}.pem", certificate)
        _write(directory / f"{who}.key", _private(own))
        if who == "kafka":
            _write(directory / "kafka-keystore.pem", _private(own) + certificate)
    _write(directory / "site-key", secrets.token_hex(32).encode())


def _leaf(
    who: str, reached: Sequence[str], issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in reached]
    if "localhost" in reached:
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    built = _built(_name(who), issuer, key.public_key(), _LASTS)
    return built.add_extension(x509.SubjectAlternativeName(names), critical=False)


def _name(who: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, who),
        ]
    )


def _built(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + lasts)
    )


def _signed(built: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return built.sign(key, hashes.SHA256()).public_bytes(_PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(place: Path, content: bytes, mode: int = 0o644) -> None:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    place.chmod(mode)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def main(directory: Path) -> None:
    """Make the secrets that docker-compose.yml mounts, once."""
    try:
        make(directory)
    except Made as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(f"{directory}: a site key, which never changes, and certificates for a year; keep it secret")


if __name__ == "__main__":
    main()
