"""The ledgers of one partition, as recovered from the changelog or as installed by the handler.

House rules of recovery: a header is never replaced by one with a smaller applied offset; an entity is never
replaced by an older version of itself, nor by one that a header already seen covers. Both are the late writes
of a worker that had lost the partition. An entity newer than its header is the trace of a write that was cut
short: it is kept, and the patient is torn until its events come again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from services.safety.processor.changelog import HEADER, MARK, Change
from services.safety.processor.contract import Core, Entity, S
from services.safety.processor.refusal import LedgerUnreadable
from services.safety.processor.review_queue import ReviewQueue
from services.stream.refusal import Refusal

NEVER = -1


@dataclass(slots=True)
class PatientRecords(Generic[S]):
    """One patient: the state once somebody asked for it, and the changelog records not yet applied to it."""

    applied: int = NEVER
    state: S | None = None
    pending: dict[Entity, tuple[int, bytes | None]] = field(default_factory=dict)

    def newest(self) -> int:
        """The highest source offset that any record of this patient speaks of."""
        return max((applied for applied, _ in self.pending.values()), default=self.applied)


@dataclass(frozen=True, slots=True)
class Written(Generic[S]):
    """What the handler made durable for one patient."""

    state: S
    applied: int
    review: datetime | None


class PartitionState(Generic[S]):
    """All patients of one partition, their reviews, and how far the changelog has been read or written."""

    def __init__(self) -> None:
        self.patients: dict[bytes, PatientRecords[S]] = {}
        self.reviews = ReviewQueue()
        self.watermark = NEVER
        self.marked = NEVER
        self.memory: bytes | None = None
        self.sources: set[bytes] = set()
        self.stale_records = 0

    def applied(self, patient: bytes) -> int:
        """The source offset up to which this patient's events are folded and durable; -1 for none."""
        known = self.patients.get(patient)
        return NEVER if known is None else known.applied

    def state(self, patient: bytes, core: Core[S, object]) -> S | None:
        """The patient's state, restored on first use; None for a patient never seen (or never finished)."""
        known = self.patients.get(patient)
        if known is None or known.applied == NEVER:
            return None
        if known.pending:
            entities = {entity: payload for entity, (_, payload) in known.pending.items() if entity != HEADER}
            header = known.pending.get(HEADER, (NEVER, None))[1]
            torn = known.newest() > known.applied
            try:
                known.state = core.restore(patient, known.state, header, entities, torn)
            except (MemoryError, Refusal):
                raise
            except Exception as error:
                raise LedgerUnreadable(
                    f"a ledger at source offset {known.applied} cannot be restored from the changelog "
                    f"({type(error).__name__}): was it written by a newer version?"
                ) from error
            known.pending = {}
        return known.state

    def apply(self, change: Change) -> None:
        """Take in one changelog record during recovery."""
        if change.entity == MARK:
            if change.applied < self.marked:
                self.stale_records += 1
                return
            self.mark(change.applied, change.payload)
            if change.source is not None:
                self.sources.add(change.source)
            return
        known = self.patients.get(change.patient)
        if known is None:
            known = self.patients[change.patient] = PatientRecords()
        older = known.pending.get(change.entity, (NEVER, None))[0]
        if change.entity == HEADER:
            stale = change.applied < known.applied
        else:
            stale = change.applied <= known.applied or change.applied < older
        if stale:
            self.stale_records += 1
            return
        known.pending[change.entity] = (change.applied, change.payload)
        if change.entity == HEADER:
            known.applied = change.applied
            self.reviews.schedule(change.patient, change.review)
            if change.source is not None:
                self.sources.add(change.source)

    def install(self, written: Mapping[bytes, Written[S]]) -> None:
        """Make durable states visible."""
        for patient, one in written.items():
            known = self.patients.setdefault(patient, PatientRecords())
            known.applied = one.applied
            known.state = one.state
            known.pending = {}
            self.reviews.schedule(patient, one.review)

    def mark(self, handled: int, memory: bytes | None) -> None:
        """Everything up to the source offset `handled` is durable; `memory` is what the core knew then."""
        self.marked = handled
        self.memory = memory

    def newest(self) -> int:
        """The highest source offset that any record of the partition speaks of; -1 for none."""
        return max((known.newest() for known in self.patients.values()), default=NEVER)

    def headerless(self, resume_at: int) -> Iterator[bytes]:
        """Patients with an entity newer than their header although its event will not come again.

        A write that was cut short leaves the offset uncommitted. If the offset was committed all the same,
        the header is missing from the changelog and the ledger cannot be trusted.
        """
        for patient, known in self.patients.items():
            newest = known.newest()
            if known.applied < newest < resume_at:
                yield patient
