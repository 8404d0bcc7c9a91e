"""The history as FHIR: the shape of HL7's examples, every required element, and no finding told."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import AlertHistoryEntry, AlertState
from schemas.base import Severity
from schemas.fhir_history import audit_event, communication

EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "fhir_r4_spec"
OBJECT_ROLES = {"1": "Patient", "4": "Domain Resource"}


def entry(event: str = "told", actor: str = "target:nurse-7/webhook", **more: Any) -> AlertHistoryEntry:
    told: dict[str, Any] = {
        "alert_id": "03-4fd1", "patient": "p-1", "sequence": 3, "episode": 1, "revision": 2, "event": event,
        "state": AlertState.NOTIFIED, "severity": Severity.MAJOR,
        "at": datetime(2026, 11, 27, 8, tzinfo=UTC), "actor": actor, "check": "cumulative-dose",
        "ward": "Neurology 2", "tier": 2, "because": "raised by a dose", "transition_id": "t",
        "chain": "03-3", "chain_sequence": 9, "previous_hash": "a" * 64, "hash": "b" * 64,
    }  # fmt: skip
    return AlertHistoryEntry(**(told | more))


def shapes(value: Any, path: str = "") -> Iterator[tuple[str, type]]:
    """Each element's path with the kind of its value, as FHIR's JSON has it."""
    yield path, type(value)
    if isinstance(value, dict):
        for name, child in value.items():
            yield from shapes(child, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for child in value:
            yield from shapes(child, f"{path}[]")


def published(pattern: str) -> dict[str, set[type]]:
    """What HL7's examples of a resource hold: path to kinds."""
    paths = sorted(EXAMPLES.glob(pattern))
    if not paths:
        pytest.skip("the FHIR R4 examples are not beside this checkout (../shared/data)")
    kinds: dict[str, set[type]] = {}
    for path in paths:
        for place, kind in shapes(json.loads(path.read_text(encoding="utf-8"))):
            kinds.setdefault(place, set()).add(kind)
    return kinds


EVENTS = [
    entry("raised", ""), entry("paged", ""), entry("told"), entry("acknowledged", "dr.night", note="held"),
    entry("delivery-failed", because="HTTP 500"), entry("retraction-told"), entry("told", "channel:webhook"),
    entry("read", "dr.night"), entry("overridden-refused", "dr.night", because="actor-role"),
]  # fmt: skip


@pytest.mark.parametrize("told", EVENTS, ids=lambda told: told.event)
def test_each_element_of_an_audit_event_has_the_kind_that_it_has_in_the_examples_of_hl7(
    told: AlertHistoryEntry,
) -> None:
    kinds = published("AuditEvent-*.json")
    shared = 0
    for place, kind in shapes(audit_event(told)):
        if place in kinds:
            shared += 1
            assert kind in kinds[place], place
    assert shared > 20


def test_each_element_of_a_communication_has_the_kind_that_it_has_in_the_example_of_hl7() -> None:
    kinds = published("Communication-*.json")
    told = communication(entry())
    assert told is not None
    shared = [place for place, kind in shapes(told) if place in kinds and kind in kinds[place]]
    assert {"resourceType", "identifier", "status", "category", "subject", "sent", "recipient"} <= set(shared)
    assert all(kind in kinds[place] for place, kind in shapes(told) if place in kinds)


@pytest.mark.parametrize("told", EVENTS, ids=lambda told: told.event)
def test_every_required_element_of_an_audit_event_is_there(told: AlertHistoryEntry) -> None:
    built = audit_event(told)
    assert {"type", "recorded", "agent", "source"} <= built.keys()
    assert "observer" in built["source"]
    assert sum(agent["requestor"] for agent in built["agent"]) == 1
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", built["id"])
    for entity in built["entity"]:
        assert OBJECT_ROLES[entity["role"]["code"]] == entity["role"]["display"]
        for detail in entity.get("detail", ()):
            assert set(detail) == {"type", "valueString"}


def test_a_person_who_answered_asked_for_it_and_a_person_who_was_told_did_not() -> None:
    acted = audit_event(entry("acknowledged", "dr.night"))["agent"]
    told = audit_event(entry("told"))["agent"]
    assert [(agent["who"].get("identifier", {}).get("value"), agent["requestor"]) for agent in acted] == [
        (None, False), ("dr.night", True),
    ]  # fmt: skip
    assert [(agent["who"].get("identifier", {}).get("value"), agent["requestor"]) for agent in told] == [
        (None, True), ("nurse-7", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "status", "topic"),
    [
        (entry("told"), "completed", "alert"),
        (entry("retraction-told"), "completed", "retraction"),
        (entry("delivery-failed"), "not-done", "alert"),
        (entry("offer-told"), "completed", "offer"),
        (entry("handed-back-told"), "completed", "offer declined"),
    ],
)
def test_a_telling_is_a_communication(told: AlertHistoryEntry, status: str, topic: str) -> None:
    built = communication(told)
    assert built is not None
    assert (built["status"], built["topic"]["text"], built["priority"]) == (status, topic, "asap")
    assert built["recipient"][0]["identifier"]["value"] == "nurse-7"
    assert ("sent" in built, "statusReason" in built) == (status == "completed", status == "not-done")
    assert built["about"] == [{"identifier": {"system": "urn:dosewarden:issue", "value": "4fd1"}}]


@pytest.mark.parametrize("event", ["raised", "paged", "acknowledged", "withdrawn", "read"])
def test_what_tells_nobody_is_no_communication(event: str) -> None:
    assert communication(entry(event, "")) is None


def test_an_entry_of_a_release_without_chain_and_tier_is_exported_too() -> None:
    old = entry("told", "channel:webhook", tier=0, hash="", chain="", previous_hash="", chain_sequence=0)
    assert len(audit_event(old)["id"]) == 64
    built = communication(old)
    assert built is not None
    assert "priority" not in built
    assert built["recipient"][0]["identifier"]["value"] == "desk"


@pytest.mark.parametrize(
    ("event", "action", "outcome"),
    [("raised", "C", "0"), ("read", "R", "0"), ("acknowledged", "U", "0"), ("overridden-refused", "U", "4")],
)
def test_a_look_is_a_read_and_who_was_refused_did_not_succeed(event: str, action: str, outcome: str) -> None:
    built = audit_event(entry(event, "dr.night"))
    assert (built["action"], built["outcome"]) == (action, outcome)
