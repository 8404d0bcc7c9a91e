"""The same facts judged in one process, without a broker: what the running stack has to come to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.base import TimeDomain
from schemas.clinical import PatientFact
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue
from schemas.stream_events import ClockTick
from schemas.topics import partition_of
from services.intake.keying import keyed
from services.safety.engine.engine import Engine
from services.safety.engine.lateness import too_late, trace_of
from services.safety.engine.state import PatientState
from services.safety.knowledge.loader import load


@dataclass
class Oracle:
    """States by patient and every transition in order. Time goes on to the newest event of each partition."""

    site: SiteKey
    partitions: int
    states: dict[str, PatientState] = field(default_factory=dict)
    told: list[DetectedIssue] = field(default_factory=list)

    def judge(self, facts: Iterable[PatientFact]) -> "Oracle":
        """Take the facts in their order, then let time pass for everybody as ticks would."""
        engine = Engine(load(), self.site, time_domain=TimeDomain.SIMULATED)
        newest: dict[int, datetime] = {}
        for fact in facts:
            ours = keyed(fact, self.site)
            where = partition_of(ours.patient, self.partitions)
            newest[where] = max(newest.get(where, ours.received_at), ours.received_at)
            stepped = engine.step(self.states.get(ours.patient), trace_of(ours) if too_late(ours) else ours)
            self.states[ours.patient] = stepped.state
            self.told += stepped.issues
        for patient, state in self.states.items():
            now = newest[partition_of(patient, self.partitions)]
            if state.next_review is not None and state.next_review <= now:
                tick = ClockTick(
                    event_id="end", patient=patient, received_at=now, time_domain=TimeDomain.SIMULATED
                )
                stepped = engine.step(state, tick)
                self.states[patient] = stepped.state
                self.told += stepped.issues
        return self

    def last(self) -> dict[str, DetectedIssue]:
        """The last word on each issue."""
        return {issue.issue_id: issue for issue in self.told}
