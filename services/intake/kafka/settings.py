"""Settings of the Kafka door from the environment (`DOSEWARDEN_...`), parsed once when asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.base import TimeDomain
from schemas.identity import SiteKey
from schemas.topics import (
    CONTEXT_EVENTS,
    DETECTED_ISSUES,
    DOSE_EVENTS,
    PATIENT_EVENTS,
    PRESCRIPTION_EVENTS,
    REJECTED_EVENTS,
    SOURCE_KINDS,
)
from services.intake.settings import BadSettings, Prefixed, kafka_of, number_of, time_domain_of
from services.intake.site_key import NoSiteKey, site_key
from services.transit.kafka import DEFAULT_KAFKA, Where


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics to read and write, by role."""

    prescriptions: str = PRESCRIPTION_EVENTS.name
    doses: str = DOSE_EVENTS.name
    context: str = CONTEXT_EVENTS.name
    events: str = PATIENT_EVENTS.name
    rejects: str = REJECTED_EVENTS.name
    issues: str = DETECTED_ISSUES.name

    def kinds(self) -> dict[str, frozenset[str]]:
        """The topics that are read, with the kinds that belong there."""
        return {
            self.prescriptions: SOURCE_KINDS[PRESCRIPTION_EVENTS],
            self.doses: SOURCE_KINDS[DOSE_EVENTS],
            self.context: SOURCE_KINDS[CONTEXT_EVENTS],
        }


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """What a worker of the door needs to know. Times are in seconds."""

    kafka: Where = DEFAULT_KAFKA
    group: str = "dosewarden-intake"
    site: SiteKey = field(default=SiteKey(b""), repr=False)
    time_domain: TimeDomain = TimeDomain.LIVE
    topics: Topics = Topics()
    session_s: float = 15.0
    commit_s: float = 1.0
    request_s: float = 30.0
    stop_s: float = 20.0
    stuck_s: float = 60.0
    watch_s: float = 5.0
    batch_records: int = 2000
    batch_bytes: int = 900_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "KafkaSettings":
        """The settings in `environment`. Raises `BadSettings`."""
        get = Prefixed(environment)
        plain = cls()
        domain = time_domain_of(get)
        try:
            site = site_key(environment)
        except NoSiteKey as error:
            raise BadSettings(str(error)) from error
        return cls(
            kafka=kafka_of(environment),
            group=get("INTAKE_GROUP", plain.group),
            site=site,
            time_domain=domain,
            topics=Topics(
                prescriptions=get("PRESCRIPTIONS_TOPIC", plain.topics.prescriptions),
                doses=get("DOSES_TOPIC", plain.topics.doses),
                context=get("CONTEXT_TOPIC", plain.topics.context),
                events=get("EVENTS_TOPIC", plain.topics.events),
                rejects=get("REJECTS_TOPIC", plain.topics.rejects),
                issues=get("ISSUES_TOPIC", plain.topics.issues),
            ),
            session_s=number_of(get, "SESSION_S", plain.session_s),
            batch_records=int(number_of(get, "BATCH_RECORDS", plain.batch_records)),
        )
