"""Two ways to the same ledgers: what the next owner would recover, and a recount in one process."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from services.safety.processor import changelog
from services.safety.processor.contract import Reject, Undecodable
from services.safety.processor.partition_state import PartitionState
from services.stream.records import Record
from tests.processor.toy import Toy, ToyCore


@dataclass
class Account:
    """What holds at the end: ledgers per patient, the ids of all issues, the origins of all rejects."""

    ledgers: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    issues: set[str] = field(default_factory=set)
    rejects: set[str] = field(default_factory=set)


def summary(state: Toy) -> tuple[Any, ...]:
    """The part of a ledger that has to be equal whichever way it came about."""
    return state.count, state.facts, state.unreadable, state.reviews


def recount(records: Iterable[Record], review: bool = False) -> Account:
    """Step through the source once; ticks in it are left out, time is carried to everybody at the end."""
    core, found = ToyCore(review), Account()
    states: dict[str, Toy | None] = {}
    homes: dict[str, int] = {}

    def note(step: Any, patient: str) -> None:
        states[patient] = step.state
        found.issues |= {emit.key.decode() for emit in step.emitted if len(emit.value or b"") < 900_000}

    for record in records:
        patient = (record.key or b"").decode()
        try:
            event = core.decode(record)
            if event.get("tick") or core.note(record.partition, event):
                continue
            homes[patient] = record.partition
            if event.get("do"):
                raise Undecodable(event["do"])
            note(core.step(record.partition, states.get(patient), event), patient)
        except (Undecodable, KeyError):
            found.rejects.add(f"{record.topic}:{record.partition}:{record.offset}")
            rejected = core.rejected(states.get(patient), Reject(record, "", ""))
            assert rejected is not None
            note(rejected, patient)
    for patient, state in states.items():
        newest = core.watermark(homes.get(patient, -1))
        if state is not None and newest is not None:
            key, value = core.tick(homes[patient], patient.encode(), newest, newest)
            note(core.step(homes[patient], state, core.decode(Bare(key, value))), patient)
    found.ledgers = {patient: summary(state) for patient, state in states.items() if state is not None}
    return found


@dataclass(frozen=True)
class Bare:
    """A record outside any topic."""

    key: bytes | None
    value: bytes | None
    topic: str = "patient-events"
    partition: int = 0
    offset: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


def recovered(records: Iterable[Record]) -> tuple[dict[str, tuple[Any, ...]], int]:
    """The ledgers that the next owner would find, and how many stale records it would refuse."""
    core = ToyCore()
    parts: dict[int, PartitionState[Toy]] = {}
    for record in records:
        parts.setdefault(record.partition, PartitionState()).apply(changelog.read(record))
    ledgers = {}
    for part in parts.values():
        for patient in part.patients:
            state = part.state(patient, core)  # type: ignore[arg-type]
            if state is not None:
                ledgers[patient.decode()] = summary(state)
    return ledgers, sum(part.stale_records for part in parts.values())
