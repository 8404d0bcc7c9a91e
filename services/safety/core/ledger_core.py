"""`LedgerCore`: the engine behind the processor's contract, for one site, knowledge base and time domain."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from schemas.base import TimeDomain
from schemas.clinical import (
    ClockTick,
    HistoryEnded,
    KnowledgeActivated,
    PatientFact,
    SourceHeartbeat,
    SourceSeen,
)
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue, Transition
from services.safety.checks import CHECKS
from services.safety.checks.judgement import Check
from services.safety.core.decoding import Event, OfPartition, decode
from services.safety.core.leftover import leftover
from services.safety.core.partition_memory import PartitionMemory
from services.safety.core.payloads import fact_payload, header_payload, issue_payload
from services.safety.core.restoring import restored
from services.safety.core.versions import Versions
from services.safety.engine.engine import Engine, Stepped
from services.safety.engine.state import IssueKey, PatientState, Stated
from services.safety.knowledge.base import KnowledgeBase
from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Emit, Entity, Reject, Step, Trial, Undecodable
from services.stream.records import Record

_UNSTATED = Stated(0)
_ACTIVATION = b'"knowledge-activated"'


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

    def decode(self, record: Record) -> Event:
        """Parse one record; raises `Undecodable`."""
        return decode(record, self._time_domain)

    def note(self, partition: int, event: Event) -> bool:
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

    def patient(self, event: Event) -> bytes:
        """The key of an event that belongs to a patient."""
        if isinstance(event, OfPartition):
            raise TypeError("the event belongs to no patient")
        return event.patient.encode()

    def step(self, partition: int, state: PatientState | None, event: Event) -> Step[PatientState]:
        """Fold and judge one event."""
        if isinstance(event, OfPartition):
            raise TypeError("the event belongs to no patient")
        return self._stepped(self._versions.engine(self._memory(partition)).step(state, event))

    def rejected(self, state: PatientState | None, reject: Reject) -> Step[PatientState] | None:
        """An unreadable record becomes a fact that keeps its patient "not assessed" until it is resolved."""
        if not reject.record.key:
            return None
        at = self._assumed(state, reject.record.partition)
        if at is None:
            return None
        patient, partition = reject.record.key.decode(), reject.record.partition
        trace = leftover(reject, patient, self._time_domain, at)
        step = self._stepped(self._versions.engine(self._memory(partition)).step(state, trace))
        return replace(step, mark=trace)

    def encode(
        self, state: PatientState, changed: Collection[Entity]
    ) -> Iterable[tuple[Entity, bytes | None]]:
        """Payloads of what changed; None for facts that are forgotten."""
        keys = {self._issue_id(state.patient, key): key for key in state.issues} if _issues(changed) else {}
        for entity in changed:
            if entity.kind == Kind.FACT:
                fact = state.ledger.facts.get(entity.id)
                stated = state.stated.get(entity.id, _UNSTATED)
                yield entity, None if fact is None else fact_payload(fact, stated)
            else:
                key = keys[entity.id]
                yield entity, issue_payload(key, state.issues[key])

    def header(self, state: PatientState) -> bytes:
        """What is no entity: the step, the instant, the mode, the sources, the knowledge version."""
        return header_payload(state)

    def next_review(self, state: PatientState) -> datetime | None:
        """When time alone may change the judgement."""
        return state.next_review

    def restore(
        self, patient: bytes, state: PatientState | None, header: bytes | None,
        entities: Mapping[Entity, bytes | None], torn: bool,
    ) -> PatientState:  # fmt: skip
        """The patient as the changelog has it."""
        return restored(patient, state, header, entities, torn, self._versions.base)

    def open_set(self, patient: bytes, state: PatientState) -> Iterable[Emit]:  # noqa: ARG002 - the contract's
        """Every open issue as last told, marked as told again."""
        for issue in state.open_issues():
            yield _emit(issue.model_copy(update={"transition": Transition.REPUBLISHED}))

    def tick(self, partition: int, patient: bytes, due_at: datetime, now: datetime) -> tuple[bytes, bytes]:
        """The record that carries time to a patient, with what is known of the partition's sources."""
        sources = sorted(self._memory(partition).sources.items())
        tick = ClockTick(
            event_id=f"tick:{patient.decode()}:{due_at.isoformat()}",
            patient=patient.decode(),
            received_at=now,
            time_domain=self._time_domain,
            sources=tuple(SourceSeen(source=source, at=at) for source, at in sources),
            live_from=self._memory(partition).live_from,
        )
        return patient, tick.model_dump_json().encode()

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
        if _ACTIVATION not in (record.value or b""):
            return None
        try:
            event = self.decode(record)
        except Undecodable:
            return None
        return event.knowledge_version if isinstance(event, KnowledgeActivated) and not event.shadow else None

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

    def weight(self, state: PatientState) -> int:
        """How many facts the patient's ledger holds."""
        return len(state.ledger.facts)

    def outdated(self, partition: int, state: PatientState) -> bool:
        """Whether another version than the partition's judged a patient last, or history is to go live."""
        live_from = self._memory(partition).live_from
        return state.knowledge != self.version(partition) or state.goes_live(live_from)

    def trial(self, partition: int) -> Trial | None:
        """The version to compare a partition's with, while that is asked for."""
        return self._versions.trial(self._memory(partition))

    def compare(self, trial: Trial, state: PatientState, now: datetime) -> Iterable[str]:
        """What would be told of a patient if the version were activated at `now`: check and transition."""
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

    def _assumed(self, state: PatientState | None, partition: int) -> datetime | None:
        newest = self._memory(partition).newest
        known = [at for at in (newest, state.now if state is not None else None) if at is not None]
        if known:
            return max(known)
        return self._now() if self._now is not None else None

    def _issue_id(self, patient: str, key: IssueKey) -> str:
        return self.engine.teller.issue_id(patient, key)

    def _stepped(self, stepped: Stepped) -> Step[PatientState]:
        patient = stepped.state.patient
        changed = [Entity(Kind.FACT, entity) for entity in stepped.facts]
        changed += [Entity(Kind.ISSUE, self._issue_id(patient, key)) for key in stepped.issues_changed]
        emitted = (*map(_emit, stepped.issues), *map(_forward, stepped.forwarded))
        return Step(stepped.state, emitted, tuple(changed))


def _issues(changed: Collection[Entity]) -> bool:
    return any(entity.kind == Kind.ISSUE for entity in changed)


def _emit(issue: DetectedIssue) -> Emit:
    return Emit("issues", issue.issue_id.encode(), issue.model_dump_json().encode())


def _forward(fact: PatientFact) -> Emit:
    return Emit("events", fact.patient.encode(), fact.model_dump_json().encode())
