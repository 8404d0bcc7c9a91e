"""The way to Kafka from the environment (`DOSEWARDEN_KAFKA...`)."""

from collections.abc import Mapping

from services.transit.certificates import tls_of
from services.transit.kafka import DEFAULT_KAFKA, Broker, Login, Mechanism
from services.transit.reading import BadTransit, Stated

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_TLS = ("KAFKA_CA", "KAFKA_CERTIFICATE", "KAFKA_KEY")
_SASL = ("KAFKA_SASL_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD", "KAFKA_PASSWORD_FILE")
_KNOWN = frozenset({"KAFKA_PROTOCOL", *_TLS, *_SASL})


def broker_from(environment: Mapping[str, str], addresses: str = "") -> Broker:
    """The broker that the environment names, at `addresses` where they are given.

    Raises `BadTransit` for settings that contradict each other or cannot be used, and in the profile
    `production` for a way that is not encrypted or without proof of who connects.
    """
    stated = Stated(environment)
    unknown = [name for name in stated.names("KAFKA_") if name not in _KNOWN]
    if unknown:
        known = ", ".join(f"DOSEWARDEN_{name}" for name in sorted(_KNOWN))
        raise BadTransit(f"DOSEWARDEN_{unknown[0]} is no setting; there are {known}")
    protocol = stated.text("KAFKA_PROTOCOL", "PLAINTEXT").upper()
    if protocol not in _PROTOCOLS:
        raise BadTransit(f"DOSEWARDEN_KAFKA_PROTOCOL must be one of {', '.join(_PROTOCOLS)}")
    encrypted, login = protocol.endswith("SSL"), protocol.startswith("SASL")
    _refuse_idle(stated, _TLS, "SSL or SASL_SSL", protocol, used=encrypted)
    _refuse_idle(stated, _SASL, "SASL_SSL", protocol, used=login)
    found = Broker(
        addresses or stated.text("KAFKA", DEFAULT_KAFKA),
        tls_of(stated, "KAFKA") if encrypted else None,
        _login(stated) if login else None,
    )
    if stated.production():
        _refuse_open(found)
    return found


def _refuse_idle(stated: Stated, names: tuple[str, ...], cure: str, protocol: str, *, used: bool) -> None:
    """What is set and would not be used was meant to be."""
    idle = [name for name in names if stated.text(name)]
    if idle and not used:
        raise BadTransit(
            f"DOSEWARDEN_{idle[0]} is set, and DOSEWARDEN_KAFKA_PROTOCOL is {protocol}, which does not use"
            f" it: set the protocol to {cure}, or take the setting away"
        )


def _login(stated: Stated) -> Login:
    name = stated.text("KAFKA_SASL_MECHANISM", Mechanism.SCRAM_SHA_512.value).upper()
    if name not in set(Mechanism):
        raise BadTransit(f"DOSEWARDEN_KAFKA_SASL_MECHANISM must be one of {', '.join(Mechanism)}")
    username, password = stated.text("KAFKA_USERNAME"), stated.secret("KAFKA_PASSWORD")
    if not username or not password:
        raise BadTransit(
            "to log in to Kafka, DOSEWARDEN_KAFKA_USERNAME and DOSEWARDEN_KAFKA_PASSWORD_FILE (or"
            " DOSEWARDEN_KAFKA_PASSWORD) are needed"
        )
    return Login(Mechanism(name), username, password)


def _refuse_open(found: Broker) -> None:
    if found.tls is None or (found.login is None and not found.tls.certificate):
        lacks = "is not encrypted" if found.tls is None else "does not say who connects"
        raise BadTransit(
            f"DOSEWARDEN_PROFILE is production, and the way to Kafka {lacks}: set DOSEWARDEN_KAFKA_PROTOCOL"
            " to SASL_SSL with a name and password, or to SSL with DOSEWARDEN_KAFKA_CERTIFICATE and _KEY"
        )
