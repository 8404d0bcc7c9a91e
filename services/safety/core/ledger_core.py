"""`LedgerCore`: the engine behind the processor's contract, for one site, knowledge base and time domain."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from schemas.base import TimeDomain
from schemas.clinical import AnyEvent
from schemas.identity import SiteKey
from schemas.issues import Transition
from schemas.recharting import EntityClaim, is_register
from schemas.stream_events import HistoryEnded, KnowledgeActivated, SourceHeartbeat
from services.safety.checks import CHECKS
from services.safety.checks.judgement import Check
from services.safety.core import registers
from services.safety.core.decoding import OfPartition, activated, decode
from services.safety.core.emitting import emit, step_of, tick_record
from services.safety.core.leftover import leftover
from services.safety.core.partition_memory import PartitionMemory
from services.safety.core.payloads import fact_payload, header_payload, issue_payload
from services.safety.core.restoring import restored
from services.safety.core.versions import Versions
from services.safety.engine.engine import Engine, Stepped
from services.safety.engine.entity_register import EntityRegister
from services.safety.engine.state import IssueKey, PatientState, Stated
from services.safety.knowledge.base import KnowledgeBase
from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Reject, Step, Trial
from services.stream.records import Record

State = PatientState | EntityRegister
_UNSTATED = Stated(0)


class LedgerCore:
    """Pure but for what `note` remembers of each partition. `now` is the wall clock, needed where live.

    `following` is the next knowledge version, where it is here already; a partition is judged by it from its
    activation on.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        site: SiteKey,
        *,
        time_domain: TimeDomain,
        now: Callable[[], datetime] | None = None,
        checks: Iterable[Check] = CHECKS,
        following: KnowledgeBase | None = None,
    ) -> None:
        if time_domain is TimeDomain.LIVE and now is None:
            raise ValueError("a live core needs a clock")
        asked = tuple(checks)
        self._versions = Versions(
            (knowledge,) if following is None else (knowledge, following),
            lambda base: Engine(base, site, checks=asked, time_domain=time_domain),
        )
        self.engine = self._versions.first
        self._time_domain = time_domain
        self._now = now
        self._partitions: dict[int, PartitionMemory] = {}

    def decode(self, record: Record) -> AnyEvent:
        """Parse one record; raises `Undecodable`."""
        return decode(record, self._time_domain)

    def note(self, partition: int, event: AnyEvent) -> bool:
        """Take notice of an event; True for those that belong to no patient. Raises `KnowledgeRequired`."""
        memory = self._memory(partition)
        if isinstance(event, KnowledgeActivated):
            self._versions.activate(partition, memory, event)
            return True
        if isinstance(event, HistoryEnded):
            memory.end_history(event.received_at)
            return True
        if isinstance(event, SourceHeartbeat):
            memory.note(event.received_at, event.source)
            return True
        # A fact is a sign of life for its own patient only, which the patient's own state keeps.
        memory.note(event.received_at, None)
        return False

    def patient(self, event: AnyEvent) -> bytes:
        """The key of an event that belongs to a patient, or to a register."""
        if isinstance(event, OfPartition):
            raise TypeError("the event belongs to no patient")
        return event.patient.encode()

    def step(self, partition: int, state: State | None, event: AnyEvent) -> Step[State]:
        """Fold and judge one event."""
        if isinstance(event, OfPartition):
            raise TypeError("the event belongs to no patient")
        if isinstance(event, EntityClaim) or is_register(event.patient):
            return registers.stepped(state, event)
        return self._stepped(self._versions.engine(self._memory(partition)).step(_of_patient(state), event))

    def rejected(self, state: State | None, reject: Reject) -> Step[State] | None:
        """An unreadable record becomes a fact that keeps its patient "not assessed" until it is resolved."""
        if not reject.record.key or is_register(reject.record.key.decode(errors="replace")):
            return None
        at = self._assumed(state, reject.record.partition)
        if at is None:
            return None
        patient, partition = reject.record.key.decode(), reject.record.partition
        trace = leftover(reject, patient, self._time_domain, at)
        engine = self._versions.engine(self._memory(partition))
        step = self._stepped(engine.step(_of_patient(state), trace))
        return replace(step, mark=trace)

    def encode(self, state: State, changed: Collection[Entity]) -> Iterable[tuple[Entity, bytes | None]]:
        """Payloads of what changed; None for facts that are forgotten."""
        if isinstance(state, EntityRegister):
            yield from registers.encoded(state, changed)
            return
        keys = {self._issue_id(state.patient, key): key for key in state.issues} if _issues(changed) else {}
        for entity in changed:
            if entity.kind == Kind.FACT:
                fact = state.ledger.facts.get(entity.id)
                stated = state.stated.get(entity.id, _UNSTATED)
                yield entity, None if fact is None else fact_payload(fact, stated)
            else:
                key = keys[entity.id]
                yield entity, issue_payload(key, state.issues[key])

    def header(self, state: State) -> bytes:
        """What is no entity: the step, the instant, the mode, the sources, the knowledge version."""
        return registers.header(state) if isinstance(state, EntityRegister) else header_payload(state)

    def next_review(self, state: State) -> datetime | None:
        """When time alone may change the judgement."""
        return state.sweep_at if isinstance(state, EntityRegister) else state.next_review

    def restore(
        self, patient: bytes, state: State | None, header: bytes | None,
        entities: Mapping[Entity, bytes | None], torn: bool,
    ) -> State:  # fmt: skip
        """The patient as the changelog has it."""
        if is_register(patient.decode()):
            return registers.restored(patient, state, header, entities)
        return restored(patient, _of_patient(state), header, entities, torn, self._versions.base)

    def open_set(self, patient: bytes, state: State) -> Iterable[Emit]:  # noqa: ARG002 - the contract's
        """Every open issue as last told, marked as told again."""
        for issue in () if isinstance(state, EntityRegister) else state.open_issues():
            yield emit(issue.model_copy(update={"transition": Transition.REPUBLISHED}))

    def tick(self, partition: int, patient: bytes, due_at: datetime, now: datetime) -> tuple[bytes, bytes]:
        """The record that carries time to a patient, with what is known of the partition's sources."""
        return tick_record(patient, due_at, now, self._memory(partition), self._time_domain)

    def watermark(self, partition: int) -> datetime | None:
        """The wall clock where live, the partition's newest event where simulated."""
        return self._now() if self._now is not None and self._live else self._memory(partition).newest

    def memory(self, partition: int) -> bytes:
        """What `note` has learnt about a partition."""
        memory = self._memory(partition)
        memory.knowledge = self.version(partition)
        return memory.encoded()

    def recall(self, partition: int, memory: bytes | None) -> None:
        """Begin with a partition. Raises `KnowledgeRequired`."""
        known = PartitionMemory() if memory is None else PartitionMemory.read(memory)
        self._partitions[partition] = known
        self._versions.require(partition, self._versions.version(known))

    def forget(self, partition: int) -> None:
        """End with a partition."""
        self._partitions.pop(partition, None)

    def activation(self, record: Record) -> str | None:
        """The version that a record puts in force; None for any other record."""
        return activated(record, self._time_domain)

    def expect(self, partition: int, version: str) -> bool:
        """Judge by a version that is activated further on in the log; False where it is not here."""
        return self._versions.expect(self._memory(partition), version)

    def version(self, partition: int) -> str:
        """The knowledge version by which a partition is judged."""
        return self._versions.version(self._memory(partition))

    def standing(self, partition: int) -> str:
        """By what the patients of a partition stand: the version, and until when history counts as live."""
        live_from = self._memory(partition).live_from
        version = self.version(partition)
        return version if live_from is None else f"{version}, live from {live_from.isoformat()}"

    def weight(self, state: State) -> int:
        """How many facts the patient's ledger holds."""
        return registers.weight(state) if isinstance(state, EntityRegister) else len(state.ledger.facts)

    def outdated(self, partition: int, state: State) -> bool:
        """Whether another version than the partition's judged a patient last, or history is to go live."""
        if isinstance(state, EntityRegister):
            return False
        live_from = self._memory(partition).live_from
        return state.knowledge != self.version(partition) or state.goes_live(live_from)

    def trial(self, partition: int) -> Trial | None:
        """The version to compare a partition's with, while that is asked for."""
        return self._versions.trial(self._memory(partition))

    def compare(self, trial: Trial, state: State, now: datetime) -> Iterable[str]:
        """What would be told of a patient if the version were activated at `now`: check and transition."""
        if isinstance(state, EntityRegister):
            return ()
        return self._versions.differences(trial, state, now)

    def compared(self, partition: int, trial: Trial) -> None:
        """The comparison is over and told, unless another was asked for meanwhile."""
        memory = self._memory(partition)
        if memory.trial_id == trial.id:
            memory.trial = memory.trial_id = ""

    @property
    def _live(self) -> bool:
        return self._time_domain is TimeDomain.LIVE

    def _memory(self, partition: int) -> PartitionMemory:
        memory = self._partitions.get(partition)
        if memory is None:
            memory = self._partitions[partition] = PartitionMemory()
        return memory

    def _assumed(self, state: State | None, partition: int) -> datetime | None:
        newest = self._memory(partition).newest
        known = [
            at for at in (newest, state.now if isinstance(state, PatientState) else None) if at is not None
        ]
        if known:
            return max(known)
        return self._now() if self._now is not None else None

    def _issue_id(self, patient: str, key: IssueKey) -> str:
        return self.engine.teller.issue_id(patient, key)

    def _stepped(self, done: Stepped) -> Step[State]:
        return step_of(done, self._issue_id)


def _issues(changed: Collection[Entity]) -> bool:
    return any(entity.kind == Kind.ISSUE for entity in changed)


def _of_patient(state: State | None) -> PatientState | None:
    if isinstance(state, EntityRegister):
        raise TypeError("a register is no patient")
    return state
