"""What is said loudly at the start about who may get in."""

import logging
import ssl

from schemas.base import TimeDomain
from services.intake.mllp.settings import MllpSettings
from services.intake.settings import Settings
from services.intake.trust.sources import Source

log = logging.getLogger(__name__)


def tell_who_may_enter(
    settings: Settings, mllp: MllpSettings | None, http_tls: ssl.SSLContext | None
) -> None:
    """Log as warnings who gets in without a proof, and which source can get in at no open door."""
    places = [settings.http, *([mllp.place] if mllp is not None else [])]
    if settings.sources is None:
        for place in places:
            if place.loopback and settings.time_domain is TimeDomain.SIMULATED:
                continue
            log.warning(
                "everybody who reaches %s:%d can state facts about all patients, and nobody is asked who they"
                " are: DOSEWARDEN_INTAKE_SOURCES is not set",
                place.host,
                place.port,
            )
        return
    by_certificate = http_tls is not None and http_tls.verify_mode is not ssl.CERT_NONE
    for source in settings.sources.sources:
        if mllp is not None and source.address is not None:
            log.warning("MLLP: whoever has an address of %s is taken for %s", source.address, source.name)
        if not _enters(source, mllp, by_certificate=by_certificate):
            log.warning("%s can get in at no door that is open: none asks for what proves it", source.name)


def _enters(source: Source, mllp: MllpSettings | None, *, by_certificate: bool) -> bool:
    if source.token is not None:
        return True
    if source.certificate is not None and (by_certificate or (mllp is not None and mllp.mutual)):
        return True
    return source.address is not None and mllp is not None
