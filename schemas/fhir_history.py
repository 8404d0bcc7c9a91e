"""Entries of `alert-history` as FHIR R4: an AuditEvent for each, and a Communication for each telling.

Patients, alerts and people are named by identifiers. Codes are HL7's and DICOM's, as in HL7's examples; what
happened to the alert is the subtype, under a system of our own. No message is quoted: neither says what was
found.
"""

import hashlib
from typing import Any

from schemas.alerts import AlertHistoryEntry
from schemas.fhir_export import ISSUE_SYSTEM, PATIENT_SYSTEM

ALERT_SYSTEM = "urn:dosewarden:alert"
EVENT_SYSTEM = "urn:dosewarden:alert-event"
HISTORY_SYSTEM = "urn:dosewarden:alert-history"
PERSON_SYSTEM = "urn:dosewarden:person"

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_TOPICS = {
    "told": "alert",
    "delivery-failed": "alert",
    "retraction-told": "retraction",
    "offer-told": "offer",
    "handed-back-told": "offer declined",
}
"""What each telling, and one that failed, is about."""
_NOT_TOLD = "delivery-failed"
_ACTIONS = {"raised": "C", "read": "R"}
_MINOR_FAILURE = "4"
_PRIORITIES = {1: "stat", 2: "asap", 3: "urgent", 4: "routine"}
_TARGET = "target:"
_CHANNEL = "channel:"
_US = {"display": "DoseWarden"}


def audit_event(entry: AlertHistoryEntry) -> dict[str, Any]:
    """The AuditEvent of an entry. Its id is the entry's hash in the chain, so that it can be found there."""
    return {
        "resourceType": "AuditEvent",
        "id": entry.hash or hashlib.sha256(_place(entry).encode()).hexdigest(),
        "type": {"system": _DICOM, "code": "110100", "display": "Application Activity"},
        "subtype": [{"system": EVENT_SYSTEM, "code": entry.event}],
        "action": _ACTIONS.get(entry.event, "U"),
        "recorded": entry.at.isoformat(),
        "outcome": _MINOR_FAILURE if _came_to_nothing(entry) else "0",
        "agent": _agents(entry),
        "source": {
            "observer": _US,
            "type": [{"system": _HL7 + "security-source-type", "code": "4", "display": "Application Server"}],
        },
        "entity": [
            {
                "what": {"identifier": {"system": PATIENT_SYSTEM, "value": entry.patient}},
                "type": {"system": _HL7 + "audit-entity-type", "code": "1", "display": "Person"},
                "role": {"system": _HL7 + "object-role", "code": "1", "display": "Patient"},
            },
            {
                "what": {"identifier": {"system": ALERT_SYSTEM, "value": entry.alert_id}},
                "type": {"system": _HL7 + "audit-entity-type", "code": "2", "display": "System Object"},
                "role": {"system": _HL7 + "object-role", "code": "4", "display": "Domain Resource"},
                "detail": [{"type": name, "valueString": value} for name, value in _details(entry) if value],
            },
        ],
    }


def communication(entry: AlertHistoryEntry) -> dict[str, Any] | None:
    """The Communication of an entry that tells of a telling, or of one that failed; None for others."""
    if entry.event not in _TOPICS:
        return None
    person, channel = _recipient(entry.actor)
    _, _, issue = entry.alert_id.partition("-")
    told: dict[str, Any] = {
        "resourceType": "Communication",
        "identifier": [{"system": HISTORY_SYSTEM, "value": _place(entry)}],
        "status": "not-done" if entry.event == _NOT_TOLD else "completed",
        "category": [{"coding": [{"system": _HL7 + "communication-category", "code": "alert"}]}],
        "medium": [{"text": channel}],
        "subject": {"identifier": {"system": PATIENT_SYSTEM, "value": entry.patient}},
        "topic": {"text": _TOPICS[entry.event]},
        "about": [{"identifier": {"system": ISSUE_SYSTEM, "value": issue}}],
        "recipient": [{"identifier": {"system": PERSON_SYSTEM, "value": person}}],
        "sender": _US,
    }
    if entry.tier:
        told["priority"] = _PRIORITIES[entry.tier]
    if entry.event != _NOT_TOLD:
        told["sent"] = entry.at.isoformat()
    else:
        told["statusReason"] = {"text": entry.because or "not delivered"}
    return told


def _came_to_nothing(entry: AlertHistoryEntry) -> bool:
    """A channel did not take it, or somebody was refused."""
    return entry.event == _NOT_TOLD or entry.event.endswith("-refused")


def _place(entry: AlertHistoryEntry) -> str:
    return f"{entry.alert_id}:{entry.sequence}"


def _details(entry: AlertHistoryEntry) -> list[tuple[str, str]]:
    return [
        ("sequence", str(entry.sequence)),
        ("episode", str(entry.episode)),
        ("revision", str(entry.revision)),
        ("state", entry.state.value),
        ("severity", entry.severity.value),
        ("tier", str(entry.tier) if entry.tier else ""),
        ("check", entry.check),
        ("ward", entry.ward),
        ("note", entry.note),
        ("because", entry.because),
        ("transition", entry.transition_id),
    ]


def _agents(entry: AlertHistoryEntry) -> list[dict[str, Any]]:
    """We, and whoever did it or was told; a person who acted asked for it, a person who was told did not."""
    source = {
        "type": _concept(_DICOM, "110153", "Source Role ID"),
        "who": _US,
        "requestor": not entry.actor or _is_target(entry.actor),
    }
    if not entry.actor:
        return [source]
    if _is_target(entry.actor):
        person, _ = _recipient(entry.actor)
        kind = _concept(_DICOM, "110152", "Destination Role ID")
    else:
        person, kind = entry.actor, _concept(_HL7 + "extra-security-role-type", "humanuser", "human user")
    who = {"identifier": {"system": PERSON_SYSTEM, "value": person}}
    return [source, {"type": kind, "who": who, "requestor": not _is_target(entry.actor)}]


def _is_target(actor: str) -> bool:
    return actor.startswith((_TARGET, _CHANNEL))


def _recipient(actor: str) -> tuple[str, str]:
    """Person and channel; older entries name a channel only, which the desk watched."""
    if actor.startswith(_TARGET):
        person, _, channel = actor.removeprefix(_TARGET).rpartition("/")
        return person, channel
    return "desk", actor.removeprefix(_CHANNEL)


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
