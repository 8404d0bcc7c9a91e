"""Whom the records of an outage call for: which findings of tier 1 are still to be told, and to whom."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.issues import DetectedIssue
from services.notifier.degraded.known_before import Before, Known
from services.notifier.findings.decoding import decode
from services.notifier.findings.paging import calls, paging_of
from services.notifier.findings.routing import routing_of
from services.notifier.policy.deciding import Policy
from services.notifier.store.identifiers import alert_id
from services.notifier.tiers import TierPolicy
from services.stream.records import Record

log = logging.getLogger(__name__)
LOUDEST = 1


@dataclass(frozen=True, slots=True)
class Called:
    """A finding that somebody has to be told of, and the record that called for it.

    `steps`: what each step of its plan names, and its fallback at last. `said`: the newest that is known of
    it, which is told. `doubtful`: its record alone calls nobody, so that it is told only where it was no more
    than listed before, as the record before may have said (`listed`). `maybe_told`: nobody knows that.
    """

    issue: DetectedIssue
    partition: int
    offset: int
    steps: tuple[tuple[str, ...], ...]
    page_from: datetime
    said: DetectedIssue
    doubtful: bool = False
    listed: bool = False
    maybe_told: bool = False


class Waiting:
    """Of one outage. Give it the records of each partition in order."""

    def __init__(self, tiers: TierPolicy, policy: Policy) -> None:
        self._tiers = tiers
        self._policy = policy
        self._waiting: dict[str, Called] = {}
        self._eased: dict[str, Called] = {}
        self._told: dict[str, int] = {}
        self._listed: dict[str, bool] = {}
        self._known: Known | None = None
        self._taken_over: frozenset[int] = frozenset()
        self._lost_at: datetime | None = None

    @property
    def doubtful(self) -> bool:
        """Whether `know` would help: somebody may have to be told, or may have been."""
        return self._known is None and any(
            called.doubtful for called in (*self._waiting.values(), *self._eased.values())
        )

    def know(self, known: Known) -> None:
        """What was told through the store is not told again; what it only listed is told once it pages."""
        self._known = known
        for waiting in (self._waiting, self._eased):
            for name, called in list(waiting.items()):
                if called.doubtful:
                    self._weigh(name, called, known, waiting)

    def doubt(self, partitions: Collection[int], lost_at: datetime) -> None:
        """Another notifier had these partitions until the store was lost: what was due by then it may have
        told by the store, and nobody knows of its last moments.
        """
        self._taken_over, self._lost_at = frozenset(partitions), lost_at

    def take(self, record: Record, now: datetime) -> None:
        """The next record of a partition; whatever is no finding of the loudest tier is left to the store."""
        issue = decode(record.value) if record.value is not None else None
        if not isinstance(issue, DetectedIssue):
            return
        name = alert_id(issue.patient, issue.issue_id)
        paging = paging_of(issue, self._tiers)
        listed = self._listed.get(name)
        self._listed[name] = issue.open and not paging.pages
        if not issue.open:
            self._waiting.pop(name, None)
            self._eased.pop(name, None)
            return
        if paging.tier != LOUDEST or not paging.pages:
            if untold := self._waiting.pop(name, None):
                self._eased[name] = untold
            return
        eased = self._eased.pop(name, None)
        if calls(issue, self._tiers):
            before = (self._known or {}).get(name, Before(0, 0, told=False, quiet=False))
            if not before.told or (before.episode, before.revision) < (issue.episode, issue.revision):
                self._waiting[name] = self._called(issue, record, now)
            return
        if eased is not None and eased.issue.episode == issue.episode:
            # The engine takes it for told, since its page was due before it eased; nobody got that.
            self._waiting[name] = eased
        if name in self._waiting:
            # What waits is told as it is now, under the delivery id that the store will give the page.
            self._waiting[name] = self._as_now(self._waiting[name], issue, now)
        elif listed is not False and self._told.get(name) != issue.episode:
            # What goes live, or is not covered any more, calls whom nobody could call before.
            called = replace(self._called(issue, record, now), doubtful=True, listed=bool(listed))
            self._waiting[name] = called
            if self._known is not None:
                self._weigh(name, called, self._known, self._waiting)

    def due(self, now: datetime) -> dict[str, Called]:
        """By alert what has held to its time."""
        return {
            name: called
            for name, called in self._waiting.items()
            if called.page_from <= now and not called.doubtful
        }

    def told(self, name: str, called: Called) -> None:
        """Somebody was reached."""
        self._told[name] = called.issue.episode
        if self._waiting.get(name) is called:
            del self._waiting[name]

    def wards(self) -> dict[tuple[int, int], str]:
        """By partition and offset of the record that called: on which ward the patient of what waits is."""
        waiting = (*self._waiting.values(), *self._eased.values())
        return {(called.partition, called.offset): called.said.ward for called in waiting}

    def forget(self) -> None:
        """The store is back: it tells what is left."""
        self._waiting.clear()
        self._eased.clear()
        self._told.clear()
        self._listed.clear()
        self._known = None
        self._taken_over, self._lost_at = frozenset(), None

    def _called(self, issue: DetectedIssue, record: Record, now: datetime) -> Called:
        steps, page_from = self._way(issue, now)
        if not any(self._policy.resolve(step, now) for step in steps):
            log.error("a finding of tier 1 has nobody to be told by any step of its plan")
        due_before = self._lost_at is not None and page_from <= self._lost_at
        maybe_told = due_before and record.partition in self._taken_over
        return Called(issue, record.partition, record.offset, steps, page_from, issue, maybe_told=maybe_told)

    def _as_now(self, called: Called, issue: DetectedIssue, now: datetime) -> Called:
        said = replace(called, said=issue)
        if issue.ward in ("", called.said.ward):
            return said
        steps, page_from = self._way(issue, now)
        return replace(said, steps=steps, page_from=min(called.page_from, page_from))

    def _way(self, issue: DetectedIssue, now: datetime) -> tuple[tuple[tuple[str, ...], ...], datetime]:
        routing = routing_of(issue, paging_of(issue, self._tiers), self._policy, now)
        plan = routing.plan
        steps = () if plan is None else (*(step.to for step in plan.steps), plan.fallback)
        return steps, routing.page_from

    @staticmethod
    def _weigh(name: str, called: Called, known: Known, waiting: dict[str, Called]) -> None:
        """Decide on what is doubtful as the store would, which knows how the finding was told before."""
        before = known.get(name)
        if before is not None and before.episode != called.issue.episode:
            before = None
        if before is not None and (before.told or not (called.listed or before.quiet)):
            del waiting[name]
        else:
            maybe_told = called.maybe_told or (before is None and not called.listed)
            waiting[name] = replace(called, doubtful=False, maybe_told=maybe_told)
