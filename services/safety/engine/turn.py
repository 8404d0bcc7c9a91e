"""One event's worth of work on one patient. A `Turn` is the only mutable thing here and lives for one step.

The order is: signs of life; every review that came due, each at its own instant; then the fact. So a tick
that is late or double gives the same transitions as one in time; where none came before a fact that proves
that its source lived, no silence is told (docs/decisions/living-sources.md).

After a write that was cut short the same events come again, to a state that is as it was before them but for
issues that were written already. What was told about those is not told twice: they rest until their step.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.base import Mode
from schemas.clinical import Observation, PatientFact
from schemas.issues import DetectedIssue, MonitoringSeen, Transition
from schemas.recharting import EntityClaim, Recharted
from services.safety.engine.asking import Examiner, failed
from services.safety.engine.assessment import judged
from services.safety.engine.causes import Cause, by_event, by_time
from services.safety.engine.comparing import change, last_page
from services.safety.engine.covering import Covering
from services.safety.engine.hearing import Answers
from services.safety.engine.holding import standing, with_answers
from services.safety.engine.state import Asked, IssueKey, IssueState, Judgements, PatientState, Stated
from services.safety.engine.telling import Moment, Teller, may_page
from services.safety.engine.whereabouts import Whereabouts, whereabouts
from services.safety.ledger.folding import fold
from services.safety.ledger.forwarding import forwarded
from services.safety.ledger.ledger import Change, PatientLedger
from services.safety.ledger.recharting import claimed

Passed = PatientFact | EntityClaim | Recharted
"""What goes on to other patients' ledgers, or to the registers of entities."""

MOST_REVIEWS = 5_000
"""A question reviewed more often than this within one step would never come to rest."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a turn works with: the checks, who tells, what covers what; `prune`: old facts are forgotten."""

    examiner: Examiner
    teller: Teller
    covering: Covering
    prune: bool


class Turn:
    """The state of a patient in the making."""

    def __init__(self, bench: Bench, state: PatientState) -> None:
        self._bench = bench
        self._patient = state.patient
        self._step = state.step + 1
        self._all_told_again = not state.told_up_to
        self.now = state.now
        self.ledger = state.ledger
        self.alive = state.alive
        self.mode = state.mode
        self.stated = state.stated
        self.issues = state.issues
        self.told: list[DetectedIssue] = []
        self.monitored: list[MonitoringSeen] = []
        self.forwarded: tuple[Passed, ...] = ()
        self.changed_facts: dict[str, None] = {}
        self.changed_issues: dict[IssueKey, None] = {}
        held = state.judgements
        if held is None:
            held = judged(bench.examiner, self.ledger, self.now, self.alive)
        self.held: Judgements = held
        self._begun_with = held
        self._begun = state
        self._whereabouts = whereabouts(self.ledger, self.now)
        self._place = self._whereabouts.ward

    @property
    def next_review(self) -> datetime | None:
        """When time alone may change something: an answer, or the ward of whoever has open issues."""
        review, move = self.held.next_review, self._where_now().moves_at
        if move is None or (review is not None and review <= move):
            return review
        return move if any(known.told and may_page(known.told) for known in self.issues.values()) else review

    def hear(self, sources: Iterable[tuple[str, datetime]]) -> bool:
        """Take in signs of life; True if any is newer than what was known."""
        heard = False
        for name, at in sources:
            known = self.alive.get(name)
            if known is None or at > known:
                self.alive = self.alive.set(name, at)
                heard = True
        return heard

    def review(self, until: datetime) -> None:
        """Run every review due by `until`, and follow every move, in order and each at its own instant."""
        due = self.next_review
        counts: dict[Asked, int] = {}
        while due is not None and due <= until:
            asked = [question for question, at in self.held.reviews.items() if at <= due]
            self.now = max(self.now, due)
            for question in asked:
                counts[question] = counts.get(question, 0) + 1
            answers = self._answers(question for question in asked if counts[question] <= MOST_REVIEWS)
            checks = self._bench.examiner.checks
            answers.given.extend(
                (question, failed(checks[question.check], question.subject, "too many reviews"))
                for question in asked
                if counts[question] > MOST_REVIEWS
            )
            self._judge(answers, by_time(self.now), review=True)
            self.follow_the_patient()
            due = self.next_review

    def fold(self, fact: PatientFact, *, heard: bool, cause: Cause | None = None) -> None:
        """Take in a statement and judge what it concerns; without a `cause` it is the cause itself."""
        examiner = self._bench.examiner
        self.now = max(self.now, fact.received_at)
        before = self.ledger
        known = before.facts.get(fact.entity)
        self.ledger, changed = fold(before, fact, examiner.knowledge, prune=self._bench.prune)
        asked = set(self.held.by_life) if heard else set()
        if changed is not None:
            self._state(fact, known, changed.pruned)
            self.forwarded = forwarded(before, changed, self.ledger)
            if changed.regrouped:
                asked.update(self.held.answers, examiner.everything(self.ledger))
            asked |= self._concerned(before, changed)
        claim = claimed(fact, known, changed is not None)
        if claim is not None:
            self.forwarded = (*self.forwarded, claim)
        if asked:
            self._judge(self._answers(asked), cause or by_event(fact))
        if changed is not None and isinstance(fact, Observation):
            self._notice_monitoring(fact, known)

    def judge_life(self) -> None:
        """Judge again what a sign of life concerns."""
        self._judge(self._answers(self.held.by_life), by_time(self.now))

    def tell_all(self, cause: Cause) -> None:
        """Compare every issue with what holds now, and tell the differences."""
        self._tell({*self.held.findings, *self.issues}, cause)

    def catch_up(self, cause: Cause) -> None:
        """The last event of a write that was cut short has come again: from here on nothing rests."""
        self._all_told_again = True
        self.tell_all(cause)

    def changed_nothing(self) -> bool:
        """Whether all is as it was."""
        begun = self._begun
        return (
            self.ledger is begun.ledger
            and self.alive is begun.alive
            and self.held is self._begun_with
            and self.issues is begun.issues
            and self.now == begun.now
            and self.mode is begun.mode
        )

    def go_live(self) -> None:
        """Tell again, as live, every open issue that only backfill has told."""
        for key, known in sorted(self.issues.items()):
            told = known.told
            if told is not None and told.mode is Mode.BACKFILL and not self._rests(key, known):
                issue = self._bench.teller.now_live(told, self.ledger, self.now)
                page = last_page(issue, known.level, known.last_page)
                state = IssueState(known.episode, known.revision, self._step, issue, known.level, page)
                self._keep(key, state)
                self.told.append(issue)

    def follow_the_patient(self) -> None:
        """Tell again, with the new ward, what may page and holds of a patient who was moved: whoever is to be
        told next is there.
        """
        place = self._where_now().ward
        if not place or place == self._place:
            return
        self._place = place
        for key, known in sorted(self.issues.items()):
            told = known.told
            if told is not None and told.ward != place and may_page(told) and not self._rests(key, known):
                issue = self._bench.teller.on_ward(told, place, self.now)
                self._keep(key, replace(known, step=self._step, told=issue))
                self.told.append(issue)

    def _where_now(self) -> Whereabouts:
        known = self._whereabouts
        if known.stays is not self.ledger.encounters or (known.until is not None and known.until <= self.now):
            known = self._whereabouts = whereabouts(self.ledger, self.now)
        return known

    def _state(self, fact: PatientFact, known: PatientFact | None, pruned: tuple[str, ...]) -> None:
        before = self.stated.get(fact.entity)
        stated = Stated(self._step, before.step if before is not None else 0, known)
        self.stated = self.stated.set(fact.entity, stated)
        self.changed_facts[fact.entity] = None
        for entity in pruned:
            self.changed_facts[entity] = None
            if entity in self.stated:
                self.stated = self.stated.delete(entity)

    def _notice_monitoring(self, fact: Observation, before: PatientFact | None) -> None:
        """Tell of each issue that still holds whether the observation counts as watching for it."""
        if fact.mode is Mode.LIVE and self._bench.teller.may_monitor(fact):
            held = [told for known in self.issues.values() if (told := known.told) and told.monitored_by]
            held.sort(key=lambda told: told.issue_id)
            self.monitored += self._bench.teller.monitoring_seen(held, self.ledger, fact, before)

    def _concerned(self, before: PatientLedger, changed: Change) -> Set[Asked]:
        """The questions to ask because of a change; from here on evidence of answers that stand may lag."""
        held, examiner = self.held, self._bench.examiner
        stand, asked, going_on = examiner.constancy.standing(before, changed, self.ledger, self.now, held)
        lagging = held.lagging if held.lagging.issuperset(stand) else held.lagging.union(stand)
        if lagging is not held.lagging or going_on is not held.going_on:
            self.held = held._replace(lagging=lagging, going_on=going_on)
        return asked if asked is not None else examiner.concerned(changed, self.ledger, held)

    def _answers(self, asked: Iterable[Asked]) -> Answers:
        return self._bench.examiner.answers(asked, self.ledger, self.now, self.alive)

    def _judge(self, answers: Answers, cause: Cause, *, review: bool = False) -> None:
        touched: set[IssueKey] = set()
        self._hold(answers, touched, review=review)
        if touched:
            for key in tuple(touched):
                touched.update(self._bench.covering.dependents(key, self.held))
            self._tell(touched, cause)

    def _hold(self, answers: Answers, touched: set[IssueKey], *, review: bool = False) -> None:
        """Keep answers; adds to `touched` the issues of which something else may be told."""
        held = with_answers(self.held, answers, touched)
        if held.going_on:
            constancy, same = self._bench.examiner.constancy, review and not touched
            going_on = constancy.without_asked(held.going_on, answers, found_the_same=same)
            held = held if going_on is held.going_on else held._replace(going_on=going_on)
        self.held = held

    def _tell(self, keys: Iterable[IssueKey], cause: Cause) -> None:
        moment = Moment(self.now, cause, self.mode, self._step)
        keys = {*keys}
        lagging = self._lagging(keys)
        if lagging:
            self._hold(self._answers(lagging), keys)
        for key in sorted(keys):
            known = self.issues.get(key)
            if known is not None and self._rests(key, known):
                continue
            pairs = self.held.findings.get(key)
            if pairs is None:
                if known is not None and known.told is not None:
                    self._end(key, known, known.told, moment)
                continue
            finding = standing(pairs)
            covered_by = self._bench.covering.covered_by(finding, self.held)
            if known is None:
                transition: Transition | None = Transition.RAISED
            else:
                transition = change(known, finding, covered_by is not None)
            if transition is None:
                continue
            state = self._bench.teller.holding(
                self._patient, self.ledger, finding, covered_by, known, transition, moment
            )
            self._keep(key, state)
            if state.told is not None:
                self.told.append(state.told)

    def _lagging(self, keys: Iterable[IssueKey]) -> set[Asked]:
        """The questions that have to be asked before anything is told of some issues: for the evidence."""
        findings, lagging, answers = self.held.findings, self.held.lagging, self.held.answers
        behind = {asked for key in keys for asked, _ in findings.get(key, ())}
        return {
            asked
            for asked in behind
            if asked in lagging or ((until := answers[asked].evident_until) is not None and until <= self.now)
        }

    def _end(self, key: IssueKey, known: IssueState, told: DetectedIssue, moment: Moment) -> None:
        survivor = self.ledger.survivor
        if survivor is not None and self._begun.ledger.survivor is None:
            kind = Transition.MOVED
        else:
            kind = Transition.WITHDRAWN if moment.cause.corrects(told) else Transition.RESOLVED
        issue = self._bench.teller.ended(told, self.ledger, kind, moment)
        self._keep(key, IssueState(known.episode, issue.revision, self._step))
        self.told.append(issue)

    def _keep(self, key: IssueKey, state: IssueState) -> None:
        self.issues = self.issues.set(key, state)
        self.changed_issues[key] = None

    def _rests(self, key: IssueKey, known: IssueState) -> bool:
        return not self._all_told_again and known.step >= self._step and key not in self.changed_issues
