"""Settings of the MLLP door from the environment (`DOSEWARDEN_INTAKE_MLLP...`)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.intake.hl7v2 import FORMAT
from services.intake.mllp.limits import Limits
from services.intake.settings import Address, BadSettings, Prefixed, address_of, number_of

_CLOSED = Address("", 0)
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class MllpSettings:
    """`tls` None speaks plainly. `reject_unstored`: AR for what Kafka does not take, instead of no answer."""

    place: Address
    source: str = FORMAT
    limits: Limits = field(default_factory=Limits)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    reject_unstored: bool = False

    @property
    def mutual(self) -> bool:
        """Whether peers show a certificate."""
        return self.tls is not None and self.tls.verify_mode is ssl.CERT_REQUIRED


def mllp_settings(environment: Mapping[str, str], *, network: bool) -> MllpSettings | None:
    """The settings in `environment`, None where the door stays closed. `network` says that doors may be open
    beyond this machine to whoever reaches them. Raises `BadSettings`.
    """
    get = Prefixed(environment)
    place = address_of(get, "INTAKE_MLLP", _CLOSED)
    if place == _CLOSED:
        return None
    source = get("INTAKE_MLLP_SOURCE", FORMAT)
    if len(source) > _LONGEST_NAME:
        raise BadSettings(f"DOSEWARDEN_INTAKE_MLLP_SOURCE is a name of at most {_LONGEST_NAME} characters")
    unstored = get("INTAKE_MLLP_UNSTORED", "silence")
    if unstored not in ("silence", "reject"):
        raise BadSettings("DOSEWARDEN_INTAKE_MLLP_UNSTORED must be silence or reject")
    settings = MllpSettings(place, source, _limits(get), _tls(get), unstored == "reject")
    if not (place.loopback or settings.mutual or network):
        raise BadSettings(
            "DOSEWARDEN_INTAKE_MLLP is open beyond this machine, and nobody who calls is asked who they are:"
            " set DOSEWARDEN_INTAKE_MLLP_CERTIFICATE, _KEY and _CLIENT_CA, so that peers show a certificate,"
            " or DOSEWARDEN_INTAKE_TRUST=network where the network itself keeps strangers out"
        )
    return settings


def _limits(get: Prefixed) -> Limits:
    usual = Limits()
    return replace(
        usual,
        connections=max(1, int(number_of(get, "INTAKE_MLLP_CONNECTIONS", usual.connections))),
        idle_s=number_of(get, "INTAKE_MLLP_IDLE_S", usual.idle_s),
        frame_s=number_of(get, "INTAKE_MLLP_FRAME_S", usual.frame_s),
    )


def _tls(get: Prefixed) -> ssl.SSLContext | None:
    certificate, key = get("INTAKE_MLLP_CERTIFICATE", ""), get("INTAKE_MLLP_KEY", "")
    authority = get("INTAKE_MLLP_CLIENT_CA", "")
    if not (certificate or key or authority):
        return None
    if not certificate or not key:
        raise BadSettings("TLS for MLLP needs DOSEWARDEN_INTAKE_MLLP_CERTIFICATE and _KEY, both files in PEM")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise BadSettings(
            "the files of DOSEWARDEN_INTAKE_MLLP_CERTIFICATE, _KEY or _CLIENT_CA cannot be used: they must be"
            " readable, in PEM, without a passphrase, and the key must be the certificate's"
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("the key has a passphrase")
