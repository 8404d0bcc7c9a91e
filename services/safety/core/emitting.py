"""What the engine made of an event, as records to send and entities to write."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from schemas.base import TimeDomain
from schemas.issues import DetectedIssue, MonitoringSeen
from schemas.stream_events import ClockTick, SourceSeen
from services.safety.core.partition_memory import PartitionMemory
from services.safety.engine.engine import Stepped
from services.safety.engine.state import IssueKey
from services.safety.engine.turn import Passed
from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Step


def step_of(stepped: Stepped, issue_id: Callable[[str, IssueKey], str]) -> Step[Any]:
    """The outcome of one event for one patient."""
    patient = stepped.state.patient
    changed = [Entity(Kind.FACT, entity) for entity in stepped.facts]
    changed += [Entity(Kind.ISSUE, issue_id(patient, key)) for key in stepped.issues_changed]
    told = (*map(emit, stepped.issues), *map(_monitored, stepped.monitored))
    return Step(stepped.state, (*told, *map(_forward, stepped.forwarded)), tuple(changed))


def emit(issue: DetectedIssue) -> Emit:
    """An issue as it is told."""
    return Emit("issues", issue.issue_id.encode(), issue.model_dump_json().encode())


def _monitored(seen: MonitoringSeen) -> Emit:
    return Emit("issues", seen.id.encode(), seen.model_dump_json().encode())


def tick_record(
    patient: bytes, due_at: datetime, now: datetime, memory: PartitionMemory, time_domain: TimeDomain
) -> tuple[bytes, bytes]:
    """Key and value of the record that carries time to a patient, with what is known of the sources."""
    tick = ClockTick(
        event_id=f"tick:{patient.decode()}:{due_at.isoformat()}",
        patient=patient.decode(),
        received_at=now,
        time_domain=time_domain,
        sources=tuple(SourceSeen(source=source, at=at) for source, at in sorted(memory.sources.items())),
        live_from=memory.live_from,
    )
    return patient, tick.model_dump_json().encode()


def _forward(event: Passed) -> Emit:
    return Emit("events", event.patient.encode(), event.model_dump_json().encode())
