"""Settings of the intake service from the environment (`DOSEWARDEN_...`), parsed once when asked."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from services.intake.door import UTC_ZONE
from services.intake.site_key import NoSiteKey, site_key
from services.intake.trust.file import BadSources, sources_in
from services.intake.trust.sources import Sources
from services.transit.kafka import DEFAULT_KAFKA, Broker, Where
from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit

_MIB = 1024 * 1024
_HIGHEST_PORT = 65_535
_HTTP_CURE = (
    "listen on 127.0.0.1 behind a proxy, or name the sources that may speak in DOSEWARDEN_INTAKE_SOURCES and"
    " give DOSEWARDEN_INTAKE_HTTP_CERTIFICATE and _KEY; DOSEWARDEN_INTAKE_TRUST=network is for simulated"
    " time, and for a network that encrypts by itself"
)


class BadSettings(ValueError):
    """A setting cannot be used; the message names it and says what it needs."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a door listens."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one client of the HTTP door may cost: bytes, inflated where they come packed, seconds, and
    resources in one request (16 MiB have room for millions of empty ones).
    """

    most_resources: int = 20_000
    largest_body: int = 16 * _MIB
    bodies_at_once: int = 128 * _MIB
    connections: int = 512
    head_s: float = 10.0
    body_s: float = 30.0
    idle_s: int = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """What the intake service needs to know. `network` says that doors may be open beyond this machine to
    whoever reaches them. Without `sources` nobody is asked who they are.
    """

    kafka: Where = DEFAULT_KAFKA
    site: SiteKey = field(default=SiteKey(b""), repr=False)
    zone: ZoneInfo = UTC_ZONE
    time_domain: TimeDomain = TimeDomain.LIVE
    source: str = "fhir"
    http: Address = Address("127.0.0.1", 8180)
    http_limits: HttpLimits = HttpLimits()
    network: bool = False
    sources: Sources | None = None
    patience_s: float = 15.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`. Raises `BadSettings`."""
        get = Prefixed(environment)
        plain = cls()
        domain = time_domain_of(get)
        sources = sources_of(environment)
        network = _network(get, domain, sources)
        http = address_of(get, "INTAKE_HTTP", plain.http)
        http_tls = bool(get("INTAKE_HTTP_CERTIFICATE", ""))
        if not (http.loopback or network or (sources is not None and http_tls)):
            why = (
                "nobody is asked who they are" if sources is None else "all would cross the network in clear"
            )
            raise BadSettings(f"DOSEWARDEN_INTAKE_HTTP is open beyond this machine, and {why}: {_HTTP_CURE}")
        try:
            site = site_key(environment)
        except NoSiteKey as error:
            raise BadSettings(str(error)) from error
        source = get("INTAKE_SOURCE", plain.source)
        if len(source) > 200:
            raise BadSettings("DOSEWARDEN_INTAKE_SOURCE is a name of at most 200 characters")
        return cls(
            kafka=kafka_of(environment),
            site=site,
            zone=_zone(get("ZONE", "UTC")),
            time_domain=domain,
            source=source,
            http=http,
            http_limits=HttpLimits(
                largest_body=int(number_of(get, "INTAKE_LARGEST_MIB", 16.0) * _MIB),
                body_s=number_of(get, "INTAKE_BODY_S", 30.0),
            ),
            network=network,
            sources=sources,
            patience_s=number_of(get, "INTAKE_PATIENCE_S", plain.patience_s),
        )


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Settings by their names without the prefix; an empty one counts as not set."""

    environment: Mapping[str, str]

    def __call__(self, name: str, default: str) -> str:
        return self.environment.get(f"DOSEWARDEN_{name}") or default


def time_domain_of(get: Prefixed) -> TimeDomain:
    """In which time the service lives. Raises `BadSettings`."""
    domain = get("TIME_DOMAIN", TimeDomain.LIVE.value)
    if domain not in set(TimeDomain):
        raise BadSettings(f"DOSEWARDEN_TIME_DOMAIN must be one of {', '.join(TimeDomain)}")
    return TimeDomain(domain)


def address_of(get: Prefixed, name: str, default: Address) -> Address:
    """A setting HOST:PORT. Raises `BadSettings`."""
    text = get(name, "")
    if not text:
        return default
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise BadSettings(f"DOSEWARDEN_{name} must be HOST:PORT")
    return Address(host.strip("[]"), int(port))


def sources_of(environment: Mapping[str, str]) -> Sources | None:
    """The sources that may speak; None where anybody may. Raises `BadSettings`."""
    place = Prefixed(environment)("INTAKE_SOURCES", "")
    if not place:
        return None
    try:
        return sources_in(Path(place))
    except BadSources as error:
        raise BadSettings(f"DOSEWARDEN_INTAKE_SOURCES cannot be used:\n{error}") from error


def kafka_of(environment: Mapping[str, str]) -> Broker:
    """The broker, and how it is spoken to. Raises `BadSettings`."""
    try:
        return broker_from(environment)
    except BadTransit as error:
        raise BadSettings(str(error)) from error


def _network(get: Prefixed, domain: TimeDomain, sources: Sources | None) -> bool:
    trust = get("INTAKE_TRUST", "loopback")
    if trust not in ("loopback", "network"):
        raise BadSettings("DOSEWARDEN_INTAKE_TRUST must be loopback or network")
    if trust == "network" and sources is None and domain is TimeDomain.LIVE:
        raise BadSettings(
            "DOSEWARDEN_INTAKE_TRUST=network lets strangers state facts about patients, and time is live:"
            " name a file with the sources that may speak, DOSEWARDEN_INTAKE_SOURCES, or show what is"
            " simulated with DOSEWARDEN_TIME_DOMAIN=simulated"
        )
    return trust == "network"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSettings("DOSEWARDEN_ZONE is no IANA time zone, for example Europe/Vienna") from error


def number_of(get: Prefixed, name: str, default: float) -> float:
    """A setting that is a number above 0. Raises `BadSettings`."""
    try:
        value = float(get(name, str(default)))
    except ValueError:
        value = 0.0
    if not 0 < value < 100_000:
        raise BadSettings(f"DOSEWARDEN_{name} must be a number above 0")
    return value
