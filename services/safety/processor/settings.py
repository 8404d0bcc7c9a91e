"""Settings from the environment (`DOSEWARDEN_...`), parsed once when asked, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from schemas.topics import DETECTED_ISSUES, LEDGER_CHANGELOG, PATIENT_EVENTS, REJECTED_EVENTS
from services.transit.kafka import DEFAULT_KAFKA, Broker, Where
from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit

LEDGER_TABLE = "ledger"
_CHANGELOG_SUFFIX = f"-{LEDGER_TABLE}-changelog"
_SHORTEST_KEY = 16


class BadSettings(ValueError):
    """A setting cannot be used; the message names it and says what it needs."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics to read and write, by role."""

    events: str = PATIENT_EVENTS.name
    issues: str = DETECTED_ISSUES.name
    rejects: str = REJECTED_EVENTS.name


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know. Times are in seconds.

    The group's name also names the changelog topic: another group is another set of ledgers. `zone` is the
    facility's, by its IANA name. `knowledge_next` is the site's directory as it will be, so that it can be
    activated without a restart.
    """

    kafka: Where = DEFAULT_KAFKA
    group: str = LEDGER_CHANGELOG.name.removesuffix(_CHANGELOG_SUFFIX)
    topics: Topics = Topics()
    time_domain: TimeDomain = TimeDomain.LIVE
    site_key: SiteKey = field(default=SiteKey(b""), repr=False)
    knowledge: Path | None = None
    knowledge_next: Path | None = None
    jurisdiction: str = "US"
    zone: str = "UTC"
    session_s: float = 15.0
    commit_s: float = 1.0
    request_s: float = 30.0
    heartbeat_s: float = 5.0
    tick_s: float = 1.0
    stuck_s: float = 60.0
    late_s: float = 60.0
    stop_s: float = 20.0
    batch_records: int = 2000
    batch_bytes: int = 900_000
    reject_limit: int = 20
    reject_window_s: float = 600.0

    @property
    def changelog(self) -> str:
        """The topic that holds the ledgers."""
        return f"{self.group}{_CHANGELOG_SUFFIX}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`. Raises `BadSettings`."""
        get = _Prefixed(environment)
        domain = get.text("TIME_DOMAIN", TimeDomain.LIVE.value)
        if domain not in set(TimeDomain):
            raise BadSettings(f"DOSEWARDEN_TIME_DOMAIN must be one of {', '.join(TimeDomain)}")
        overlay, following = get.text("KNOWLEDGE", ""), get.text("KNOWLEDGE_NEXT", "")
        plain = cls()
        return cls(
            kafka=_kafka(environment),
            group=get.text("SAFETY_GROUP", plain.group),
            topics=Topics(
                get.text("EVENTS_TOPIC", plain.topics.events),
                get.text("ISSUES_TOPIC", plain.topics.issues),
                get.text("REJECTS_TOPIC", plain.topics.rejects),
            ),
            time_domain=TimeDomain(domain),
            site_key=SiteKey(_site_key(get)),
            knowledge=Path(overlay) if overlay else None,
            knowledge_next=Path(following) if following else None,
            jurisdiction=get.text("JURISDICTION", plain.jurisdiction),
            zone=get.text("ZONE", plain.zone),
            session_s=get.number("SESSION_S", plain.session_s),
            heartbeat_s=get.number("HEARTBEAT_S", plain.heartbeat_s),
            tick_s=get.number("TICK_S", plain.tick_s),
            late_s=get.number("LATE_S", plain.late_s),
            batch_records=int(get.number("BATCH_RECORDS", plain.batch_records)),
            batch_bytes=int(get.number("BATCH_BYTES", plain.batch_bytes)),
            reject_limit=int(get.number("REJECT_LIMIT", plain.reject_limit)),
        )


def _kafka(environment: Mapping[str, str]) -> Broker:
    try:
        return broker_from(environment)
    except BadTransit as error:
        raise BadSettings(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Prefixed:
    environment: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.environment.get(f"DOSEWARDEN_{name}") or default

    def number(self, name: str, default: float) -> float:
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise BadSettings(f"DOSEWARDEN_{name} must be a number above 0")
        return value


def _site_key(get: _Prefixed) -> bytes:
    """Patient keys come from the doors; the core needs the same secret for its issue ids."""
    path = get.text("SITE_KEY_FILE", "")
    if path:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise BadSettings(f"DOSEWARDEN_SITE_KEY_FILE cannot be read: {error.strerror}") from error
    else:
        secret = get.text("SITE_KEY", "").encode()
    if len(secret) < _SHORTEST_KEY:
        raise BadSettings(f"DOSEWARDEN_SITE_KEY (or _FILE) needs at least {_SHORTEST_KEY} bytes")
    return secret
