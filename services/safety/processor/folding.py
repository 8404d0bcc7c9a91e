"""One partition's share of a fetch, from records to what must be sent and written. Pure but for the core's
memory.

House rules:
1. Nothing here is sent; everything that may fail for one record alone fails here, and costs that record only.
2. Records are stepped in source order; a failing one becomes a reject, which may leave a trace in its ledger.
3. States are encoded at the end, once per patient. If that fails, the patient's records are taken again one
by
   one, each encoded, so that the guilty one is found.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from schemas.topics import partition_of
from services.safety.processor.changelog import Item, entity_item, header_item, mark_item
from services.safety.processor.contract import Core, Emit, Entity, Reject, S, Step, Undecodable
from services.safety.processor.partition_state import PartitionState, Written
from services.stream.producer import wire_size
from services.stream.records import Record
from services.stream.refusal import Refusal

log = logging.getLogger(__name__)
_NOT_OF_ONE_RECORD = (MemoryError, Refusal)


class TooLarge(ValueError):
    """A record that this event would write is larger than the broker takes."""


@dataclass(slots=True)
class PatientWork(Generic[S]):
    """What a fetch brought for one patient. `taken`: each record with its event, None where rejected."""

    before: S | None
    state: S | None
    taken: list[tuple[Record, Any]] = field(default_factory=list)
    emitted: list[Emit] = field(default_factory=list)
    changed: dict[Entity, None] = field(default_factory=dict)
    applied: int = -1

    @property
    def touched(self) -> bool:
        """Whether anything is to be written; an event that changed nothing may safely come again."""
        return self.state is not self.before or bool(self.emitted) or bool(self.changed)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records are: the partition, of how many, and the tag of the source."""

    partition: int
    partitions: int
    source: bytes


class PartitionWork(Generic[S]):
    """Collects, record by record; `finish` then says what to send, what to write and what will hold."""

    def __init__(self, core: Core[S, Any], part: PartitionState[S], place: Place, limit: int) -> None:
        self._core = core
        self._part = part
        self._place = place
        self._limit = limit
        self._patients: dict[bytes, PatientWork[S]] = {}
        self._last = part.marked
        self.rejects: list[Reject] = []
        self.emitted: list[Emit] = []
        self.items: list[Item] = []
        self.written: dict[bytes, Written[S]] = {}
        self.memory = b""

    @property
    def last(self) -> int:
        """The source offset up to which everything is handled once this is durable."""
        return self._last

    def take(self, record: Record) -> None:
        """Fold one record, or reject it."""
        self._last = max(self._last, record.offset)
        patient = record.key
        known = bool(patient) and record.offset <= self._part.applied(patient or b"")
        if known and record.offset <= self._part.marked:
            return
        event, reject = self._read(record)
        if known or (event is None and reject is None):
            return  # said and written before, or it was only to be noted
        if reject is not None and (not patient or self._misplaced(patient)):
            self.rejects.append(reject)
            return
        work = self._work(patient or b"")
        work.taken.append((record, event))
        self._advance(work, record, event, reject)

    def finish(self) -> None:
        """Encode every patient; afterwards `emitted`, `items`, `written` and `memory` are complete."""
        for patient, work in self._patients.items():
            if not work.touched:
                continue
            try:
                items = self._encoded(patient, work)
            except _NOT_OF_ONE_RECORD:
                raise
            except Exception as error:  # noqa: BLE001  (whatever it is, one record is to blame)
                log.error(
                    "a ledger could not be encoded (%s): its records are taken one by one",
                    type(error).__name__,
                )
                items = self._one_by_one(patient, work)
            if work.state is not None and work.touched:
                self.emitted += work.emitted
                self.items += items
                self.written[patient] = Written(work.state, work.applied, self._core.next_review(work.state))
        if self._last > self._part.marked:
            self.memory = self._core.memory(self._place.partition)
            self.items.append(mark_item(self.memory, self._last, self._place.source))

    def _read(self, record: Record) -> tuple[Any, Reject | None]:
        try:
            event = self._core.decode(record)
            if self._core.note(self._place.partition, event):
                return None, None
            patient = self._core.patient(event)
        except _NOT_OF_ONE_RECORD:
            raise
        except Undecodable as error:
            return None, Reject(record, error.reason, error.detail)
        except Exception as error:  # noqa: BLE001  (one record must not end the service)
            return None, Reject(record, "decode-failed", type(error).__name__)
        if patient != record.key:
            return None, Reject(record, "key-mismatch", "the record's key is not the key of its patient")
        if self._misplaced(patient):
            return None, Reject(record, "wrong-partition", "another partition holds this patient's ledger")
        return event, None

    def _misplaced(self, patient: bytes) -> bool:
        where = partition_of(patient.decode(errors="replace"), self._place.partitions)
        return where != self._place.partition

    def _work(self, patient: bytes) -> PatientWork[S]:
        work = self._patients.get(patient)
        if work is None:
            before = self._part.state(patient, self._core)
            work = self._patients[patient] = PatientWork(before, before)
        return work

    def _advance(self, work: PatientWork[S], record: Record, event: Any, reject: Reject | None) -> None:
        step = None
        if reject is None:
            try:
                step = self._core.step(self._place.partition, work.state, event)
                self._fits(step.emitted)
            except _NOT_OF_ONE_RECORD:
                raise
            except TooLarge as error:
                step, reject = None, Reject(record, "too-large", str(error))
            except Exception as error:  # noqa: BLE001  (see above)
                step, reject = None, Reject(record, "step-failed", type(error).__name__)
        if reject is not None:
            step = self._trace(work.state, reject)
            self.rejects.append(replace(reject, mark=step.mark if step is not None else None))
        if step is not None:
            work.state = step.state
            work.emitted += step.emitted
            work.changed.update(dict.fromkeys(step.changed))
            work.applied = record.offset

    def _trace(self, state: S | None, reject: Reject) -> Step[S] | None:
        try:
            step = self._core.rejected(state, reject)
            if step is not None:
                self._fits(step.emitted)
        except _NOT_OF_ONE_RECORD:
            raise
        except Exception as error:  # noqa: BLE001  (the reject itself is still published)
            log.critical("a rejected record could not be noted in its ledger: %s", type(error).__name__)
            return None
        return step

    def _fits(self, emitted: Iterable[Emit]) -> None:
        for emit in emitted:
            size = wire_size(emit.key, emit.value, emit.headers)
            if size > self._limit:
                raise TooLarge(f"{emit.role}: {size} bytes, at most {self._limit}")

    def _encoded(self, patient: bytes, work: PatientWork[S]) -> list[Item]:
        if work.state is None:
            return []
        core, state, applied = self._core, work.state, work.applied
        items = [
            entity_item(patient, entity, payload, applied)
            for entity, payload in core.encode(state, work.changed)
        ]
        review = core.next_review(state)
        items.append(header_item(patient, core.header(state), applied, self._place.source, review))
        for item in items:
            size = wire_size(*item)
            if size > self._limit:
                raise TooLarge(f"ledger: {size} bytes, at most {self._limit}")
        return items

    def _one_by_one(self, patient: bytes, work: PatientWork[S]) -> list[Item]:
        taken, offsets = work.taken, {record.offset for record, _ in work.taken}
        earlier = {reject.record.offset: reject for reject in self.rejects if reject.record.offset in offsets}
        self.rejects = [reject for reject in self.rejects if reject.record.offset not in offsets]
        good: PatientWork[S] = PatientWork(work.before, work.before)
        items: list[Item] = []
        for record, event in taken:
            reject = earlier.get(record.offset)
            try:
                good, items = self._tried(patient, good, record, event, reject)
            except _NOT_OF_ONE_RECORD:
                raise
            except Exception as error:  # noqa: BLE001  (see above)
                if reject is None:
                    good, items = self._refused(patient, good, items, record, error)
        work.state, work.emitted, work.changed, work.applied = (
            good.state,
            good.emitted,
            good.changed,
            good.applied,
        )
        return items

    def _tried(
        self, patient: bytes, good: PatientWork[S], record: Record, event: Any, reject: Reject | None
    ) -> tuple[PatientWork[S], list[Item]]:
        trial = PatientWork(good.before, good.state, [], list(good.emitted), dict(good.changed), good.applied)
        self._advance(trial, record, event, reject)
        return trial, self._encoded(patient, trial)

    def _refused(
        self, patient: bytes, good: PatientWork[S], items: list[Item], record: Record, error: Exception
    ) -> tuple[PatientWork[S], list[Item]]:
        if isinstance(error, TooLarge):
            reject = Reject(record, "too-large", str(error))
        else:
            reject = Reject(record, "encode-failed", type(error).__name__)
        try:
            return self._tried(patient, good, record, None, reject)
        except _NOT_OF_ONE_RECORD:
            raise
        except Exception as again:  # noqa: BLE001  (the reject itself is still published)
            log.critical("a rejected record could not be noted in its ledger: %s", type(again).__name__)
            return good, items
