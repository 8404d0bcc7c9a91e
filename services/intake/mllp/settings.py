"""Settings of the MLLP door from the environment (`DOSEWARDEN_INTAKE_MLLP...`)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.intake.hl7v2 import FORMAT
from services.intake.mllp.limits import Limits
from services.intake.settings import Address, BadSettings, Prefixed, address_of, number_of
from services.intake.tls import server_tls
from services.intake.trust.sources import Sources

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


def mllp_settings(
    environment: Mapping[str, str], *, network: bool, sources: Sources | None = None
) -> MllpSettings | None:
    """The settings in `environment`, None where the door stays closed. `network` says that doors may be open
    beyond this machine to whoever reaches them; with `sources` each peer is asked who it is. Raises
    `BadSettings`.
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
    settings = MllpSettings(
        place, source, _limits(get), server_tls(get, "INTAKE_MLLP", required=True), unstored == "reject"
    )
    if not (place.loopback or sources is not None or network):
        raise BadSettings(
            "DOSEWARDEN_INTAKE_MLLP is open beyond this machine, and nobody who calls is asked who they are:"
            " name the sources that may speak in DOSEWARDEN_INTAKE_SOURCES, by certificate (then set"
            " DOSEWARDEN_INTAKE_MLLP_CERTIFICATE, _KEY and _CLIENT_CA) or by address;"
            " DOSEWARDEN_INTAKE_TRUST=network is for simulated time"
        )
    if sources is not None and all(
        source.address is None and not (settings.mutual and source.certificate) for source in sources.sources
    ):
        raise BadSettings(
            "DOSEWARDEN_INTAKE_MLLP is open, and none of the sources can get in there: set"
            " DOSEWARDEN_INTAKE_MLLP_CERTIFICATE, _KEY and _CLIENT_CA where they have certificates, or give"
            " one its address"
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
