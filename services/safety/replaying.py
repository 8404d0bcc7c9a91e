"""The pure core offline: what an engine makes of a set of events, without Kafka, a clock or a notifier.

Three answers. `transitions` tell the story in order of receipt. What is open at the end, and the history of
when it held, are judged from the final facts, so they do not depend on the order of arrival. Judged in
hindsight, a source counts as alive up to the last thing received from it; where a later end is given, up to
that end. What a merged record passes on to its survivor is taken there, as the service does; what was charted
again for another patient is taken back at the first.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from immutables import Map

from schemas.base import Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue, Transition
from schemas.recharting import EntityClaim
from schemas.stream_events import ClockTick, SourceSeen
from services.safety.charting_again import Registers, given_up
from services.safety.checks.judgement import Finding
from services.safety.engine.causes import by_time
from services.safety.engine.engine import Engine
from services.safety.engine.holding import standing, with_answers
from services.safety.engine.lateness import too_late, trace_of
from services.safety.engine.state import IssueKey, Judgements, PatientState
from services.safety.engine.telling import Moment
from services.safety.engine.turn import Passed
from services.safety.ledger.folding import folded
from services.safety.ledger.ledger import PatientLedger
from services.safety.passing_on import passed_on

MOST_REVIEWS = 100_000
"""A patient's history has fewer instants of review than this, or a check does not come to rest."""


@dataclass(frozen=True, slots=True)
class Held:
    """An interval in which an issue held, as it stood at its worst; `until` is None if it held to the end."""

    issue: DetectedIssue
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class _Told:
    """All that is known of one patient."""

    facts: list[PatientFact] = field(default_factory=list)
    heard: dict[str, datetime] = field(default_factory=dict)
    end: datetime | None = None

    def take(self, fact: PatientFact) -> None:
        self.facts.append(fact)
        heard = self.heard.get(fact.source)
        self.heard[fact.source] = fact.received_at if heard is None else max(heard, fact.received_at)
        self.end = fact.received_at if self.end is None else max(self.end, fact.received_at)

    def last(self, until: datetime | None) -> datetime:
        if self.end is None:
            raise ValueError("a patient without facts has no end")
        return self.end if until is None else max(self.end, until)

    def alive(self, until: datetime | None) -> Map[str, datetime]:
        return Map(self.heard if until is None else dict.fromkeys(self.heard, self.last(until)))


class Replay:
    """Replays through one engine. Facts that arrive too late leave the same trace that the service leaves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def transitions(
        self, events: Iterable[PatientFact], until: datetime | None = None
    ) -> Iterator[DetectedIssue]:
        """Every transition in the order in which it is told, events taken in the order given.

        Time goes on to `until` for each patient, with all sources alive; without it, to its last event.
        """
        told: dict[str, Mode] = {}
        states: dict[str, PatientState] = {}
        registers = Registers()
        for event in events:
            waiting: deque[Passed] = deque((_admitted(event),))
            while waiting:
                fact = waiting.popleft()
                if isinstance(fact, EntityClaim):
                    waiting.extend(registers.take(fact))
                    continue
                stepped = self._engine.step(states.get(fact.patient), fact)
                states[fact.patient] = stepped.state
                waiting.extend(stepped.forwarded)
                yield from _news(stepped.issues, told)
        if until is not None:
            for patient, state in sorted(states.items()):
                yield from _news(self._engine.step(state, _tick(state, patient, until)).issues, told)

    def open_at_end(
        self, events: Iterable[PatientFact], until: datetime | None = None
    ) -> Iterator[DetectedIssue]:
        """Every issue that holds at each patient's end, in stable order, judged from the final facts."""
        for patient, told in self._patients(events):
            end = told.last(until)
            ledger = folded(told.facts, self._engine.knowledge)
            assessment = self._engine.assess(ledger, end, told.alive(until))
            for finding in assessment.findings:
                yield self._issue(patient, ledger, finding, end)

    def history(self, events: Iterable[PatientFact], until: datetime | None = None) -> Iterator[Held]:
        """Every interval in which an issue held, from the final facts; nothing that was only known late."""
        for patient, told in self._patients(events):
            ledger = folded(told.facts, self._engine.knowledge)
            yield from self._held(patient, ledger, told, until)

    def _patients(self, events: Iterable[PatientFact]) -> Iterator[tuple[str, _Told]]:
        patients: dict[str, _Told] = {}
        for event in events:
            fact = _admitted(event)
            patients.setdefault(fact.patient, _Told()).take(fact)
        for fact in tuple(given_up({patient: told.facts for patient, told in patients.items()})):
            patients[fact.patient].take(fact)
        stated = {patient: tuple(told.facts) for patient, told in patients.items()}
        for fact in passed_on(stated, self._engine.knowledge):
            patients.setdefault(fact.patient, _Told()).take(fact)
        yield from sorted(patients.items())

    def _held(
        self, patient: str, ledger: PatientLedger, told: _Told, until: datetime | None
    ) -> Iterator[Held]:
        end = told.last(until)
        running: dict[IssueKey, tuple[datetime, datetime, Finding]] = {}
        closed: list[Held] = []
        for now, findings in self._judged_throughout(ledger, told, end, until):
            for key in [key for key in running if key not in findings]:
                since, worst_at, worst = running.pop(key)
                closed.append(Held(self._issue(patient, ledger, worst, worst_at), since, now))
            for key, finding in findings.items():
                known = running.get(key)
                if known is None:
                    running[key] = (now, now, finding)
                elif _gravity(finding) > _gravity(known[2]):
                    running[key] = (known[0], now, finding)
        for since, worst_at, worst in running.values():
            closed.append(Held(self._issue(patient, ledger, worst, worst_at), since, None))
        yield from sorted(closed, key=lambda held: (held.since, held.issue.check, held.issue.issue_id))

    def _judged_throughout(
        self, ledger: PatientLedger, told: _Told, end: datetime, until: datetime | None
    ) -> Iterator[tuple[datetime, dict[IssueKey, Finding]]]:
        """The instants at which what holds may change, with what holds from then on."""
        examiner = self._engine.examiner
        alive = told.alive(until)
        due: datetime | None = min(
            (min(fact.effective_at, fact.received_at) for fact in ledger.facts.values()), default=end
        )
        held = Judgements()
        asked = list(examiner.everything(ledger))
        findings: dict[IssueKey, Finding] = {}
        for _ in range(MOST_REVIEWS):
            if due is None or due > end:
                return
            touched: set[IssueKey] = set()
            held = with_answers(held, examiner.answers(asked, ledger, due, alive), touched)
            for key in touched:
                pairs = held.findings.get(key)
                finding = standing(pairs) if pairs is not None else None
                if finding is None or finding.retrospective:
                    findings.pop(key, None)
                else:
                    findings[key] = finding
            if touched:
                yield due, dict(findings)
            due = held.next_review
            asked = [question for question, at in held.reviews.items() if due is not None and at <= due]
        raise RuntimeError(f"more than {MOST_REVIEWS} instants of review for one patient")

    def _issue(self, patient: str, ledger: PatientLedger, finding: Finding, at: datetime) -> DetectedIssue:
        mode = max(ledger.facts.values(), key=lambda fact: (fact.received_at, fact.event_id)).mode
        moment = Moment(at, by_time(at), mode, 0)
        state = self._engine.teller.holding(patient, ledger, finding, None, None, Transition.RAISED, moment)
        if state.told is None:
            raise RuntimeError("an issue that holds has a record")
        return state.told


def _news(issues: Iterable[DetectedIssue], told: dict[str, Mode]) -> Iterator[DetectedIssue]:
    """Without those that are told again as they were, since the patient is on another ward; what goes live is
    news. `told`: by issue, how it was told last.
    """
    for issue in issues:
        again = issue.transition is Transition.REPUBLISHED and told.get(issue.issue_id) is issue.mode
        told[issue.issue_id] = issue.mode
        if not again:
            yield issue


def line(issue: DetectedIssue) -> dict[str, Any]:
    """An issue as a line of JSON for scripts; see the architecture's section on the surface."""
    told = issue.model_dump(mode="json")
    names = (
        "issue_id", "patient", "check", "severity", "subjects", "implicated", "shadow", "retrospective",
        "text", "evidence", "knowledge_version", "sources", "reason",
    )  # fmt: skip
    return {name: told[name] for name in names} | {"status": "open" if issue.open else "closed"}


def transition_line(issue: DetectedIssue) -> dict[str, Any]:
    """A transition as a line: the issue, what happened to it, when and why."""
    told = issue.model_dump(mode="json")
    names = ("transition", "at", "because", "cause_event")
    moved = {"moved_to": issue.moved_to} if issue.moved_to is not None else {}
    return line(issue) | {name: told[name] for name in names} | moved


def history_line(held: Held) -> dict[str, Any]:
    """An interval as a line; `to` is null where the issue still held at the end."""
    until = held.until.isoformat() if held.until is not None else None
    return line(held.issue) | {"from": held.since.isoformat(), "to": until}


def _admitted(event: PatientFact) -> PatientFact:
    return trace_of(event) if too_late(event) else event


def _gravity(finding: Finding) -> tuple[bool, int, Any]:
    return (not finding.shadow, finding.severity.rank, finding.level)


def _tick(state: PatientState, patient: str, until: datetime) -> ClockTick:
    sources = tuple(SourceSeen(source=name, at=max(at, until)) for name, at in sorted(state.alive.items()))
    return ClockTick(event_id=f"until:{patient}", patient=patient, received_at=until, sources=sources)
