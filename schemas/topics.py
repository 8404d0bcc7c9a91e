"""The topics, their keys and their clean-up: the one place where a topic is named.

Every topic keyed by patient uses `partition_of`, so that a patient's facts, issues and history share a
partition number whatever producer wrote them.
"""

from dataclasses import dataclass, field
from zlib import crc32

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and the settings it is created with; partitions are read from the broker, never assumed."""

    name: str
    key: str
    cleanup: str
    holds: str
    settings: dict[str, str] = field(default_factory=dict, hash=False)

    def config(self) -> dict[str, str]:
        """The topic configuration to create it with."""
        return {"cleanup.policy": self.cleanup, **self.settings}


PATIENT_EVENTS = Topic(
    "patient-events", "patient key", "delete", "validated clinical events",
    {"retention.ms": str(45 * DAY_MS)},
)  # fmt: skip
LEDGER_CHANGELOG = Topic(
    "dosewarden-safety-ledger-changelog", "patient key, kind, entity", "compact",
    "one record per fact and issue, one header per patient", {"min.compaction.lag.ms": str(DAY_MS)},
)  # fmt: skip
DETECTED_ISSUES = Topic("detected-issues", "issue id", "compact", "whole issues, partitioned by patient")
ALERT_HISTORY = Topic(
    "alert-history", "alert id", "delete", "every transition and action, partitioned by patient",
    {"retention.ms": str(3650 * DAY_MS)},
)  # fmt: skip
ALERT_STATE = Topic("alert-state", "alert id", "compact", "snapshot to rebuild the notifier's store")
PAGE_JOURNAL = Topic(
    "page-journal", "delivery id", "compact", "pages that were sent while the notifier's store was away"
)
REJECTED_EVENTS = Topic(
    "rejected-events", "origin", "delete",
    "the first 64 KiB of what could not be understood, with its reason, and what became of it",
    {"retention.ms": str(90 * DAY_MS)},
)  # fmt: skip

_UNTIL_READ = {"retention.ms": str(14 * DAY_MS)}
PRESCRIPTION_EVENTS = Topic(
    "prescription-events", "any", "delete", "orders, as sources write them", _UNTIL_READ
)
DOSE_EVENTS = Topic("dose-events", "any", "delete", "administrations, as sources write them", _UNTIL_READ)
CONTEXT_EVENTS = Topic(
    "context-events", "any", "delete", "everything else that sources know of patients", _UNTIL_READ
)

HEARTBEAT = "heartbeat"
SOURCE_KINDS: dict[Topic, frozenset[str]] = {
    PRESCRIPTION_EVENTS: frozenset({"order", HEARTBEAT}),
    DOSE_EVENTS: frozenset({"administration", HEARTBEAT}),
    CONTEXT_EVENTS: frozenset(
        {
            "patient",
            "encounter",
            "observation",
            "condition",
            "allergy",
            "merge",
            "visit-move",
            "unreadable",
            HEARTBEAT,
        }
    ),
}
"""The topics that sources write and the Kafka door reads, with the kinds of event that belong there."""

ALL_TOPICS = (
    *SOURCE_KINDS,
    PATIENT_EVENTS,
    LEDGER_CHANGELOG,
    DETECTED_ISSUES,
    ALERT_HISTORY,
    ALERT_STATE,
    PAGE_JOURNAL,
    REJECTED_EVENTS,
)


def partition_of(patient: str, partitions: int) -> int:
    """The partition of a patient's records: CRC-32 of the patient key modulo the topic's partition count."""
    return crc32(patient.encode()) % partitions
