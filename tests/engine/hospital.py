"""Several patients judged side by side; what a merged record passes on reaches its survivor, and what was
charted again for another patient is given up by the first.

What one record sends another keeps its order; what different ones send arrives as `chance` has it.
"""

import random
from collections import deque
from collections.abc import Iterable
from typing import Any, TypeVar

from schemas.clinical import Fact, PatientFact
from schemas.issues import DetectedIssue
from schemas.recharting import EntityClaim, Recharted
from schemas.stream_events import ClockTick
from services.safety.charting_again import Registers
from services.safety.engine.engine import Engine
from services.safety.engine.state import PatientState
from services.safety.engine.turn import Passed

F = TypeVar("F", bound=Fact)
OLD, NEW, THIRD = "old-record", "new-record", "third-record"


def of(patient: str, fact: F, **more: Any) -> F:
    """The same statement about another patient."""
    return fact.model_copy(update={"patient": patient, **more})


class Hospital:
    """The patients of one engine. Without `chance` everything that is passed on arrives at once."""

    def __init__(self, judge: Engine, chance: random.Random | None = None) -> None:
        self.judge = judge
        self.states: dict[str, PatientState] = {}
        self.told: list[DetectedIssue] = []
        self.taken: list[PatientFact | ClockTick | Recharted] = []
        self.registers = Registers()
        self._chance = chance
        self._under_way: dict[tuple[str, str], deque[tuple[int, Passed]]] = {}
        self._sent = 0

    def take(self, *events: PatientFact | ClockTick) -> list[DetectedIssue]:
        """Take some events from outside; returns what is told by and by."""
        before = len(self.told)
        for event in events:
            self._step(event)
            while self._under_way and (self._chance is None or self._chance.random() < 0.6):
                self._arrive()
        return self.told[before:]

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            self._arrive()

    def open(self, patient: str) -> list[DetectedIssue]:
        """The open issues of a patient."""
        state = self.states.get(patient)
        return list(state.open_issues()) if state is not None else []

    def checks(self, patient: str) -> list[str]:
        """The checks that have something to say about a patient, or the reasons why they have not."""
        return sorted(issue.reason or issue.check for issue in self.open(patient))

    def _step(self, event: Passed | ClockTick) -> None:
        if isinstance(event, EntityClaim):
            self._send(event.patient, self.registers.take(event))
            return
        stepped = self.judge.step(self.states.get(event.patient), event)
        self.states[event.patient] = stepped.state
        self.told += stepped.issues
        self.taken.append(event)
        self._send(event.patient, stepped.forwarded)

    def _send(self, sender: str, events: Iterable[Passed]) -> None:
        for event in events:
            self._sent += 1
            self._under_way.setdefault((sender, event.patient), deque()).append((self._sent, event))

    def _arrive(self) -> None:
        ways = sorted(self._under_way, key=lambda way: self._under_way[way][0][0])
        way = ways[0] if self._chance is None else self._chance.choice(ways)
        queue = self._under_way[way]
        _, event = queue.popleft()
        if not queue:
            del self._under_way[way]
        self._step(event)
        if self._chance is not None and self._chance.random() < 0.1:
            self._step(event)
