"""The AsyncAPI 3.0 document of everything that crosses a topic, made of the topics and the models.

It refers to the JSON Schemas beside it (`json/`) and repeats nothing of them.
"""

from collections.abc import Iterable
from typing import Any

import yaml

from schemas.topics import (
    ALERT_HISTORY,
    CONTEXT_EVENTS,
    DETECTED_ISSUES,
    DOSE_EVENTS,
    HEARTBEAT,
    PATIENT_EVENTS,
    PRESCRIPTION_EVENTS,
    REJECTED_EVENTS,
    SOURCE_KINDS,
    Topic,
)

CONTRACT_VERSION = "1.5.0"
"""Of the events. The second number rises with new statements, the first with what no longer may be."""

FILE = "asyncapi.yaml"
_FORMAT = "application/schema+json;version=draft-2020-12"
_CLINICAL = "json/clinical-event.schema.json"
_MODELS = {
    "order": "Order",
    "administration": "Administration",
    "observation": "Observation",
    "condition": "Condition",
    "allergy": "Allergy",
    "patient": "Patient",
    "encounter": "Encounter",
    "merge": "Merge",
    "visit-move": "VisitMove",
    "unreadable": "UnreadableFact",
    HEARTBEAT: "SourceHeartbeat",
}
_WRITTEN = {
    PATIENT_EVENTS: _CLINICAL,
    DETECTED_ISSUES: "json/detected-issue-record.schema.json",
    ALERT_HISTORY: "json/alert-history-entry.schema.json",
    REJECTED_EVENTS: "json/rejected-record.schema.json",
}
_SUMMARIES = {
    PRESCRIPTION_EVENTS: "What was prescribed, as sources write it.",
    DOSE_EVENTS: "What was given, as sources write it.",
    CONTEXT_EVENTS: "Everything else that sources know of patients.",
}
_ENVELOPE = (
    "One event per record, in any partition and under any key: as plain JSON; as a CloudEvent 1.0 in binary "
    "mode (headers ce_...); or as a CloudEvent 1.0 in structured mode (content-type "
    "application/cloudevents+json), whose `data` is the payload described here."
)


def document() -> dict[str, Any]:
    """The document, as plain values."""
    channels = {topic.name: _channel(topic, _kinds(topic)) for topic in SOURCE_KINDS}
    channels |= {topic.name: _channel(topic, ["record"]) for topic in _WRITTEN}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "DoseWarden",
            "version": CONTRACT_VERSION,
            "description": (
                "What sources write to DoseWarden over Kafka, and what it writes. Unknown fields are "
                "refused: update DoseWarden before its sources."
            ),
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            **{f"read-{topic.name}": _operation("receive", topic) for topic in SOURCE_KINDS},
            **{f"write-{topic.name}": _operation("send", topic) for topic in _WRITTEN},
        },
        "components": {
            "messages": {
                **{kind: _message(kind, f"{_CLINICAL}#/$defs/{model}") for kind, model in _MODELS.items()},
                **{topic.name: _record(topic, schema) for topic, schema in _WRITTEN.items()},
            },
            "messageTraits": {"source-event": _trait()},
        },
    }


def rendered() -> str:
    """The text of `schemas/asyncapi.yaml`."""
    return yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)


def _kinds(topic: Topic) -> list[str]:
    return sorted(SOURCE_KINDS[topic])


def _channel(topic: Topic, messages: Iterable[str]) -> dict[str, Any]:
    written = topic in _WRITTEN
    names = {name: topic.name if written else name for name in messages}
    settings: dict[str, Any] = {"cleanup.policy": [topic.cleanup]}
    if "retention.ms" in topic.settings:
        settings["retention.ms"] = int(topic.settings["retention.ms"])
    return {
        "address": topic.name,
        "description": _SUMMARIES.get(topic, f"Holds {topic.holds}; key: {topic.key}."),
        "messages": {name: _reference("components", "messages", message) for name, message in names.items()},
        "bindings": {
            "kafka": {"topic": topic.name, "topicConfiguration": settings, "bindingVersion": "0.5.0"}
        },
    }


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    return {"action": action, "channel": _reference("channels", topic.name)}


def _message(kind: str, schema: str) -> dict[str, Any]:
    return {
        "name": kind,
        "contentType": "application/json",
        "traits": [_reference("components", "messageTraits", "source-event")],
        "payload": _payload(schema),
    }


def _record(topic: Topic, schema: str) -> dict[str, Any]:
    return {
        "name": topic.name,
        "contentType": "application/json",
        "payload": _payload(schema),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"}
        },
    }


def _payload(schema: str) -> dict[str, Any]:
    return {"schemaFormat": _FORMAT, "schema": {"$ref": schema}}


def _trait() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    return {
        "description": _ENVELOPE,
        "headers": {
            "type": "object",
            "properties": {
                "content-type": {"type": "string", "description": "JSON, or application/cloudevents+json"},
                "ce_specversion": {"type": "string", "const": "1.0"},
                "ce_id": text,
                "ce_source": text,
                "ce_type": text,
            },
            "dependentRequired": {"ce_specversion": ["ce_id", "ce_source", "ce_type"]},
        },
    }


def _reference(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
