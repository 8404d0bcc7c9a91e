"""A certificate authority of a test's own, and the certificates that it signs."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, both files in PEM."""

    certificate: Path
    key: Path

    @property
    def sha256(self) -> str:
        found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return found.fingerprint(hashes.SHA256()).hex()


class Authority:
    """Signs what it is asked to."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._built(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self._lists = 0
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def signed(
        self, common_name: str, *names: str, valid_days: float = 2, must_staple: bool = False
    ) -> Identity:
        """A certificate of West Hospital for this common name, with DNS names (localhost, with its address,
        where none is given); one whose days lie behind us where they are negative; one that counts only with
        an OCSP answer where it `must_staple`.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "West Hospital"),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            ]
        )
        dns = [x509.DNSName(name) for name in names or ("localhost",)]
        alternatives = x509.SubjectAlternativeName(
            [*dns, *([] if names else [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])]
        )
        built = self._built(subject, key, valid_days).add_extension(alternatives, critical=False)
        if must_staple:
            asked = x509.TLSFeature([x509.TLSFeatureType.status_request])
            built = built.add_extension(asked, critical=False)
        stem = self._directory / f"{common_name}-{len(list(self._directory.iterdir()))}"
        found = Identity(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        found.certificate.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(_PEM))
        found.key.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return found

    def revoking(self, file: Path, *revoked: Identity, valid_days: float = 1) -> Path:
        """The list of these certificates in `file`, put there in one step; over where days are negative."""
        now, self._lists = datetime.now(UTC), self._lists + 1
        built = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(
                now + timedelta(days=min(valid_days, 0)) - timedelta(hours=1) + timedelta(seconds=self._lists)
            )
            .next_update(now + timedelta(days=valid_days))
        )
        for identity in revoked:
            serial = x509.load_pem_x509_certificate(identity.certificate.read_bytes()).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            built = built.add_revoked_certificate(entry.build())
        written = file.with_suffix(".new")
        written.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(_PEM))
        written.replace(file)
        return file

    def client(self, shown: Identity | None = None) -> ssl.SSLContext:
        """TLS of a client that trusts servers of this authority, and shows a certificate where it has one."""
        context = ssl.create_default_context(cafile=self.file)
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        return context

    def _built(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, valid_days: float = 2
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        begins = now - timedelta(hours=1) if valid_days > 0 else now + timedelta(days=2 * valid_days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(now + timedelta(days=valid_days))
        )
