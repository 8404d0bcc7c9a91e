"""The knowledge versions that a worker has, and which of them judges a partition."""

from collections.abc import Callable, Iterable
from datetime import datetime

from schemas.stream_events import ClockTick, KnowledgeActivated
from services.safety.core.partition_memory import PartitionMemory
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.processor.contract import Trial
from services.safety.processor.refusal import KnowledgeRequired


class Versions:
    """`bases`: the first judges where no other was activated; `engine` makes the engine of one."""

    def __init__(self, bases: Iterable[KnowledgeBase], engine: Callable[[KnowledgeBase], Engine]) -> None:
        self._engines = {base.version: engine(base) for base in bases}
        self.first = next(iter(self._engines.values()))

    def version(self, memory: PartitionMemory) -> str:
        """The version that judges a partition."""
        return memory.knowledge or self.first.knowledge.version

    def engine(self, memory: PartitionMemory) -> Engine:
        """The engine of that version."""
        return self._engines[self.version(memory)]

    def base(self, version: str) -> KnowledgeBase:
        """The base of a version, or the first one where that is not here."""
        return self._engines.get(version, self.first).knowledge

    def require(self, partition: int, version: str) -> None:
        """Raise `KnowledgeRequired` where a version is not here."""
        if version not in self._engines:
            raise KnowledgeRequired(partition, version, " and ".join(self._engines))

    def activate(self, partition: int, memory: PartitionMemory, event: KnowledgeActivated) -> None:
        """Put a version in force, or remember that it is to be compared. Raises `KnowledgeRequired`.

        On the way to an awaited version, those that are not here are passed over.
        """
        version = event.knowledge_version
        if event.shadow:
            memory.trial, memory.trial_id = version, event.event_id
            return
        if version not in self._engines and memory.awaited:
            return
        self.require(partition, version)
        memory.knowledge = version
        if memory.awaited == version:
            memory.awaited = ""

    def expect(self, memory: PartitionMemory, version: str) -> bool:
        """Put a version in force that is activated further on; False where it is not here."""
        if version not in self._engines:
            return False
        memory.knowledge = memory.awaited = version
        return True

    def trial(self, memory: PartitionMemory) -> Trial | None:
        """The comparison that is asked for."""
        if not memory.trial:
            return None
        return Trial(memory.trial_id, memory.trial, here=memory.trial in self._engines)

    def differences(self, trial: Trial, state: PatientState, now: datetime) -> list[str]:
        """What would be told of a patient if the version were put in force at `now`: check and transition."""
        if state.knowledge == trial.version:
            return []
        tick = ClockTick(event_id=trial.id, patient=state.patient, received_at=now)
        stepped = self._engines[trial.version].step(state, tick)
        return [f"{issue.check} {issue.transition}" for issue in stepped.issues]
