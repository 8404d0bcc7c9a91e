"""What the safety worker made durable: each patient's facts, and how far it has come."""

from functools import cache
from typing import Any

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.recharting import is_register
from schemas.topics import LEDGER_CHANGELOG, PATIENT_EVENTS
from services.safety.core import LedgerCore
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import load
from services.safety.processor import changelog
from services.safety.processor.partition_state import PartitionState
from tests.processor.ward import Plain
from tests.stack.running import Stack


@cache
def _knowledge() -> KnowledgeBase:
    return load()


def ledgers(stack: Stack, site: SiteKey) -> dict[str, dict[Any, PatientFact]]:
    """Facts by patient, as a worker would recover them."""
    core = LedgerCore(_knowledge(), site, time_domain=TimeDomain.SIMULATED)
    parts: dict[int, PartitionState[Any]] = {}
    for record in map(Plain, stack.read(LEDGER_CHANGELOG.name)):
        parts.setdefault(record.partition, PartitionState()).apply(changelog.read(record))  # type: ignore[arg-type]
    return {
        patient.decode(): dict(part.state(patient, core).ledger.facts)
        for part in parts.values()
        for patient in part.patients
        if not is_register(patient.decode())
    }


def last_offsets(stack: Stack) -> dict[int, int]:
    """The last offset of each partition of `patient-events` that holds something."""
    return {message.partition(): message.offset() for message in stack.read(PATIENT_EVENTS.name)}


def in_the_ledger(stack: Stack, offsets: dict[int, int]) -> bool:
    """Whether everything up to these offsets has been folded and is durable."""
    handled: dict[int, int] = {}
    for record in map(Plain, stack.read(LEDGER_CHANGELOG.name)):
        change = changelog.read(record)  # type: ignore[arg-type]
        if change.entity == changelog.MARK:
            handled[record.partition] = change.applied
    return all(handled.get(partition, -1) >= offset for partition, offset in offsets.items())
