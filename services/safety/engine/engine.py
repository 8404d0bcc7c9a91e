"""The engine: a patient's state and one event in, the next state and what has to be told out. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from immutables import Map

from schemas.base import Mode, TimeDomain
from schemas.clinical import Merge, PatientFact, VisitMove
from schemas.identity import SiteKey
from schemas.issues import DetectedIssue, MonitoringSeen
from schemas.recharting import Recharted
from schemas.stream_events import ClockTick
from services.safety.checks import CHECKS
from services.safety.checks.judgement import Check
from services.safety.engine.asking import Examiner
from services.safety.engine.assessment import Assessment, assess
from services.safety.engine.causes import by_knowledge, by_recharting, by_time
from services.safety.engine.covering import Covering
from services.safety.engine.state import Doubt, IssueKey, PatientState
from services.safety.engine.succession import taken_over
from services.safety.engine.telling import Teller
from services.safety.engine.turn import Bench, Passed, Turn
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import PatientLedger
from services.safety.ledger.pruning import horizon
from services.safety.ledger.recharting import taken_back


class Stepped(NamedTuple):
    """The outcome of one event. `facts` and `issues_changed` have to be written; facts that the ledger does
    not hold any more were forgotten. `forwarded` are events of other patients and of registers, to be taken
    there in order. `monitored`: what was observed that counts as watching for open issues.
    """

    state: PatientState
    issues: tuple[DetectedIssue, ...] = ()
    facts: tuple[str, ...] = ()
    issues_changed: tuple[IssueKey, ...] = ()
    forwarded: tuple[Passed, ...] = ()
    monitored: tuple[MonitoringSeen, ...] = ()


class Engine:
    """Judges patients of one site by one knowledge base. `prune=False` forgets nothing."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        site: SiteKey,
        *,
        checks: Sequence[Check] = CHECKS,
        time_domain: TimeDomain,
        prune: bool = True,
    ) -> None:
        self.knowledge = knowledge
        self.examiner = Examiner(tuple(checks), knowledge)
        self.teller = Teller(site, knowledge, time_domain)
        self.covering = Covering.of(knowledge)
        self._bench = Bench(self.examiner, self.teller, self.covering, prune)
        horizon(knowledge)  # goes through all drugs once; no patient is to wait for that

    def assess(self, ledger: PatientLedger, now: datetime, alive: Mapping[str, datetime]) -> Assessment:
        """What holds of a ledger at `now`, judged from scratch."""
        return assess(self.examiner, ledger, now, alive)

    def step(self, state: PatientState | None, event: PatientFact | ClockTick | Recharted) -> Stepped:
        """Take one event. The state given stays valid; it is the one returned if nothing changed."""
        before = state
        if state is None:
            mode = Mode.LIVE if isinstance(event, ClockTick | Recharted) else event.mode
            state = PatientState(
                event.patient, event.received_at, mode=mode, knowledge=self.knowledge.version
            )
        elif state.knowledge != self.knowledge.version:
            state = taken_over(state, self.knowledge, event.received_at)
        turn = Turn(self._bench, state)
        if state.doubt is not None:
            known = state.doubt is Doubt.KNOWLEDGE
            turn.tell_all(by_knowledge(self.knowledge.version) if known else by_time(state.now))
        if isinstance(event, ClockTick):
            heard = turn.hear((seen.source, seen.at) for seen in event.sources)
            turn.review(event.received_at)
            if heard:
                turn.judge_life()
            if state.goes_live(event.live_from):
                turn.mode = Mode.LIVE
                turn.go_live()
        elif isinstance(event, Recharted):
            turn.review(event.received_at)
            void = taken_back(turn.ledger.facts.get(event.entity), event)
            if void is not None:
                turn.fold(void, heard=False, cause=by_recharting(void))
        else:
            heard = turn.hear(((event.source, event.received_at),))
            turn.review(event.received_at)
            if turn.ledger.counts(event) or isinstance(event, Merge | VisitMove):
                turn.mode = event.mode
            turn.fold(event, heard=heard)
            if turn.mode is Mode.LIVE and state.mode is Mode.BACKFILL:
                turn.go_live()
        turn.follow_the_patient()
        if before is state and turn.changed_nothing():
            rested = before if before.judgements is not None else _rested(before, turn)
            return Stepped(rested, forwarded=turn.forwarded)
        step = state.step + 1
        told_up_to = state.told_up_to
        if told_up_to and told_up_to <= step:
            turn.catch_up(by_time(turn.now))
            told_up_to = 0
        return Stepped(
            PatientState(
                patient=state.patient,
                now=turn.now,
                ledger=turn.ledger,
                alive=turn.alive,
                mode=turn.mode,
                issues=turn.issues,
                stated=turn.stated,
                judgements=turn.held,
                next_review=turn.next_review,
                step=step,
                told_up_to=told_up_to,
                ahead=state.ahead if told_up_to else Map(),
                knowledge=self.knowledge.version,
            ),
            tuple(turn.told),
            tuple(turn.changed_facts),
            tuple(turn.changed_issues),
            turn.forwarded,
            tuple(turn.monitored),
        )


def _rested(state: PatientState, turn: Turn) -> PatientState:
    """A restored state that knows its judgements again; still the same step."""
    return state._replace(judgements=turn.held, next_review=turn.next_review, doubt=None)
