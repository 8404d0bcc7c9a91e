"""Making whole issues of findings: the records that leave the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.base import Mode, Severity, TimeDomain
from schemas.clinical import FactStatus, Observation, PatientFact
from schemas.identity import SiteKey, transition_id
from schemas.issues import DetectedIssue, MonitoringSeen, Transition
from schemas.unit_words import well_read
from services.safety.checks.judgement import Finding
from services.safety.checks.watching.following_up import (
    codes_that_count,
    is_one_of_many,
    monitored_by,
    watched,
)
from services.safety.engine.causes import Cause
from services.safety.engine.comparing import last_page, told_before
from services.safety.engine.named_products import with_names
from services.safety.engine.state import IssueKey, IssueState
from services.safety.engine.whereabouts import ward
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import PatientLedger

_LONGEST_TEXT = 2_000


@lru_cache(maxsize=65_536)
def _issue_id(site: SiteKey, patient: str, key: IssueKey) -> str:
    return site.issue_id(patient, key.check, key.subject)


@dataclass(frozen=True, slots=True)
class Moment:
    """When, why and in which mode something is told."""

    at: datetime
    cause: Cause
    mode: Mode
    step: int


@dataclass(frozen=True, slots=True)
class Teller:
    """Issues of one site, under one knowledge base, in one time domain."""

    site: SiteKey
    knowledge: KnowledgeBase
    time_domain: TimeDomain

    def issue_id(self, patient: str, key: IssueKey) -> str:
        """The id of an issue, known before it is raised."""
        return _issue_id(self.site, patient, key)

    def holding(
        self,
        patient: str,
        ledger: PatientLedger,
        finding: Finding,
        covered_by: IssueKey | None,
        known: IssueState | None,
        transition: Transition,
        moment: Moment,
    ) -> IssueState:
        """An issue raised, worsened or eased: the state after it, whose `told` is the record to send."""
        finding = with_names(finding, ledger, self.knowledge)
        told = known.told if known is not None else None
        if known is None:
            episode, revision = 1, 1
        elif told is None:
            episode, revision = known.episode + 1, 1
        else:
            episode, revision = known.episode, known.revision + 1
        earlier = known.last_page if known is not None and told is not None else None
        issue_id = self.issue_id(patient, IssueKey(finding.check, finding.subject))
        issue = DetectedIssue(
            issue_id=issue_id,
            patient=patient,
            check=finding.check,
            reason=finding.reason,
            severity=finding.severity,
            high_alert=finding.high_alert,
            open=True,
            transition=transition,
            transition_id=self._transition_id(issue_id, episode, revision, transition, moment),
            episode=episode,
            revision=revision,
            at=moment.at,
            raised_at=told.raised_at if told is not None else moment.at,
            page_from=self._page_from(finding.check, finding.severity, moment.at, finding.settles),
            because=moment.cause.because,
            cause_event=moment.cause.id,
            cause_entity=moment.cause.entity,
            subjects=finding.subjects,
            implicated=finding.implicated,
            shadow=finding.shadow,
            retrospective=finding.retrospective,
            covered_by=self.issue_id(patient, covered_by) if covered_by is not None else None,
            monitored_by=monitored_by(self.knowledge, finding.check, finding.subjects),
            told_before=told_before(earlier, finding) if transition is Transition.WORSENED else 0,
            mode=moment.mode,
            time_domain=self.time_domain,
            ward=ward(ledger, moment.at),
            text=well_read(finding.text)[:_LONGEST_TEXT],
            evidence=finding.evidence,
            knowledge_version=self.knowledge.version,
            sources=finding.sources,
        )
        page = last_page(issue, finding.level, earlier)
        return IssueState(episode, revision, moment.step, issue, finding.level, page)

    def ended(
        self, told: DetectedIssue, ledger: PatientLedger, transition: Transition, moment: Moment
    ) -> DetectedIssue:
        """The closing record of an issue: what was told last, with the reason why it holds no longer."""
        revision = told.revision + 1
        return told.model_copy(
            update={
                "open": False,
                "transition": transition,
                "transition_id": self._transition_id(
                    told.issue_id, told.episode, revision, transition, moment
                ),
                "revision": revision,
                "at": moment.at,
                "page_from": moment.at,
                "told_before": 0,
                "because": moment.cause.because,
                "cause_event": moment.cause.id,
                "cause_entity": moment.cause.entity,
                "mode": moment.mode,
                "ward": ward(ledger, moment.at) or told.ward,
                "knowledge_version": self.knowledge.version,
                "moved_to": ledger.survivor if transition is Transition.MOVED else None,
            }
        )

    def may_monitor(self, fact: Observation) -> bool:
        """Whether an observation can count as watching for any issue."""
        codes = (f"{one.system}|{one.code}" for one in fact.codings)
        return not codes_that_count(self.knowledge).isdisjoint(codes)

    def monitoring_seen(
        self,
        told: Iterable[DetectedIssue],
        ledger: PatientLedger,
        fact: Observation,
        before: PatientFact | None,
    ) -> list[MonitoringSeen]:
        """What an observation says of promises to watch for open issues; nothing where it is one of many.

        `before` is the statement that it replaces: what counted by that and no longer does is taken back.
        """
        found = []
        for issue in told:
            now = self._seen(issue, fact) if fact.status is FactStatus.STATED else None
            then = self._seen(issue, before) if isinstance(before, Observation) else None
            if now is not None and then is not None:
                found.append(now.model_copy(update={"replaces": then.event}))
            elif now is not None:
                if not is_one_of_many(self.knowledge, ledger.observed, fact, now.what, issue.raised_at):
                    found.append(now)
            elif then is not None:
                found.append(then.model_copy(update={"taken_back": True}))
        return found

    def _seen(self, told: DetectedIssue, fact: Observation) -> MonitoringSeen | None:
        if fact.effective_at <= told.raised_at:
            return None
        what = watched(self.knowledge, fact, told.monitored_by)
        if what is None:
            return None
        return MonitoringSeen(
            issue_id=told.issue_id,
            patient=told.patient,
            episode=told.episode,
            event=fact.event_id,
            what=what,
            at=fact.effective_at,
            time_domain=self.time_domain,
        )

    def now_live(self, told: DetectedIssue, ledger: PatientLedger, at: datetime) -> DetectedIssue:
        """An issue raised by backfill that still holds when live facts begin; the ward is that of then."""
        return told.model_copy(
            update={
                "transition": Transition.REPUBLISHED,
                "mode": Mode.LIVE,
                "at": at,
                "ward": ward(ledger, at) or told.ward,
                "page_from": self._page_from(told.check, told.severity, at),
            }
        )

    def on_ward(self, told: DetectedIssue, place: str, at: datetime) -> DetectedIssue:
        """An issue that still holds as it was told, of a patient who is on another ward since."""
        return told.model_copy(update={"transition": Transition.REPUBLISHED, "ward": place, "at": at})

    def _transition_id(
        self, issue_id: str, episode: int, revision: int, transition: Transition, moment: Moment
    ) -> str:
        return transition_id(
            issue_id, episode, revision, transition.value, moment.cause.id, self.knowledge.version
        )

    def _page_from(
        self, check: str, severity: Severity, at: datetime, settles: timedelta | None = None
    ) -> datetime:
        if severity is Severity.CONTRAINDICATED:
            return at
        return at + (settles or self.knowledge.policy.settling(check))


def may_page(told: DetectedIssue) -> bool:
    """Whether anybody may ever be called for an issue as it was told."""
    quiet = told.mode is Mode.BACKFILL or told.shadow or told.covered_by is not None
    return not quiet and told.severity is not Severity.MINOR
