"""A core without Kafka: records of events, and a changelog that survives a crash in the middle of a write."""

from dataclasses import dataclass, field
from datetime import timedelta

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.stream_events import ClockTick
from services.safety.core import LedgerCore
from services.safety.engine.state import PatientState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.processor.contract import Emit, Entity
from tests.brief_knowledge import KNOWLEDGE
from tests.builders import PATIENT, at
from tests.engine.ward import SITE


def live_core(knowledge: KnowledgeBase = KNOWLEDGE) -> LedgerCore:
    """A core whose wall clock stands at the end of every story."""
    return LedgerCore(knowledge, SITE, time_domain=TimeDomain.LIVE, now=lambda: at(0) + timedelta(days=30))


@dataclass(frozen=True, slots=True)
class Plain:
    """A record as the core reads it."""

    value: bytes | None
    key: bytes | None = PATIENT.encode()
    topic: str = "patient-events"
    partition: int = 0
    offset: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


def record(event: PatientFact | ClockTick, **more: object) -> Plain:
    """The record of an event."""
    return Plain(event.model_dump_json().encode(), **more)  # type: ignore[arg-type]


@dataclass(slots=True)
class Changelog:
    """The newest payload of each entity and of the header, with the place of the event that wrote it."""

    entities: dict[Entity, tuple[int, bytes | None]] = field(default_factory=dict)
    header: tuple[int, bytes] | None = None

    @property
    def applied(self) -> int:
        """The last event that is wholly written; -1 for none."""
        return -1 if self.header is None else self.header[0]

    def write(
        self, core: LedgerCore, state: PatientState, changed: list[Entity], place: int, cut: int | None
    ) -> None:
        """Write a batch that ended with event `place`; only its first `cut` records where cut short."""
        items = list(core.encode(state, changed))
        for entity, payload in items[:cut]:
            self.entities[entity] = (place, payload)
        if cut is None or cut > len(items):
            self.header = (place, core.header(state))

    def restored(self, core: LedgerCore) -> PatientState | None:
        """The state after a restart; none where no header was ever written."""
        if self.header is None:
            return None
        torn = any(place > self.applied for place, _ in self.entities.values())
        entities = {entity: payload for entity, (_, payload) in self.entities.items()}
        return core.restore(PATIENT.encode(), None, self.header[1], entities, torn)


def batch(
    core: LedgerCore, state: PatientState | None, events: list[PatientFact]
) -> tuple[PatientState, list[Entity], list[Emit]]:
    """Step some events as one batch."""
    changed: dict[Entity, None] = {}
    emitted: list[Emit] = []
    for event in events:
        step = core.step(0, state, event)
        state = step.state
        changed.update(dict.fromkeys(step.changed))
        emitted += step.emitted
    assert state is not None
    return state, list(changed), emitted
