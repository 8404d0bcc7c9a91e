"""What the engine knows of one patient between two events. Everything here is frozen and shares structure.

Persisted are the facts, the issues and a small header; the judgements are made again after a restart.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from immutables import Map

from schemas.base import Contract, Mode, Severity
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from services.safety.checks.judgement import Finding, Judgement
from services.safety.checks.spaced import Spaced
from services.safety.ledger.entries import Prescribed
from services.safety.ledger.ledger import PatientLedger

_EMPTY: Map[Any, Any] = Map()
_NO_FACTS = PatientLedger()


class Doubt(StrEnum):
    """Why what holds need not be what was told: a write was cut short, or another knowledge base judged."""

    TORN = "torn"
    KNOWLEDGE = "knowledge"


class Asked(NamedTuple):
    """What a check was asked: its place among the checks, and the subject."""

    check: int
    subject: str


class IssueKey(NamedTuple):
    """What makes two findings the same issue of a patient."""

    check: str
    subject: str


class LastPage(Contract):
    """What an episode last told as worth a page; written to the changelog as it is."""

    revision: int
    severity: Severity
    level: Decimal
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssueState:
    """An issue as last told. `told` is None once it is closed; then only its numbers are kept.

    `step` is the patient's step that last told something about it.
    """

    episode: int
    revision: int
    step: int
    told: DetectedIssue | None = None
    level: Decimal = Decimal(1)
    last_page: LastPage | None = None


class Stated(NamedTuple):
    """How a fact stands in the changelog: the step that stated it, and the statement it replaced.

    A write that was cut short is undone with it: the earlier statement stands until the event comes again.
    """

    step: int
    earlier_step: int = 0
    earlier: PatientFact | None = None


class GoingOn(NamedTuple):
    """Doses of a drug that go on alike under `orders`: the answers to the questions `promised` stand after
    each that is so spaced, those to the ones among them `on_time` as long as each accounts for a due time.
    A review that finds the same ends no promise that is `timeless`.
    """

    orders: tuple[Prescribed, ...]
    spaced: Spaced
    promised: frozenset[Asked] = frozenset()
    on_time: frozenset[Asked] = frozenset()
    timeless: frozenset[Asked] = frozenset()


class Judgements(NamedTuple):
    """Answers of the checks, kept by question, the instants of review among them, and findings by issue.

    `by_life` are the questions whose answers looked at the signs of life of sources; `next_review` is the
    earliest of `reviews`, when time alone may change an answer. `lagging` are questions whose answer still
    stands, but names older doses as its evidence than it would if it were asked now.
    `going_on`: by drug, what stands while its doses go on alike.
    More than one answer may hold the same issue, for example two checks that cannot judge one drug.
    """

    answers: Map[Asked, Judgement] = _EMPTY
    reviews: Map[Asked, datetime] = _EMPTY
    findings: Map[IssueKey, tuple[tuple[Asked, Finding], ...]] = _EMPTY
    by_life: frozenset[Asked] = frozenset()
    next_review: datetime | None = None
    lagging: frozenset[Asked] = frozenset()
    going_on: Map[str, GoingOn] = _EMPTY


class PatientState(NamedTuple):
    """One patient. `now` is the latest instant judged at, `step` counts the events that changed anything.

    `judgements` is None after a restart; `doubt` then says why to tell whatever differs from what was told.
    `knowledge` is the version that judged last.
    `told_up_to` is the last step that was told and partly written although the header does not know it, and
    `ahead` is what was written of such steps; both matter only until their events have come again.
    """

    patient: str
    now: datetime
    ledger: PatientLedger = _NO_FACTS
    alive: Map[str, datetime] = _EMPTY
    mode: Mode = Mode.LIVE
    issues: Map[IssueKey, IssueState] = _EMPTY
    stated: Map[str, Stated] = _EMPTY
    judgements: Judgements | None = None
    next_review: datetime | None = None
    step: int = 0
    told_up_to: int = 0
    ahead: Map[Any, bytes | None] = _EMPTY
    doubt: Doubt | None = None
    knowledge: str = ""

    def goes_live(self, live_from: datetime | None) -> bool:
        """Whether the last that was received of the patient is history, and of until then."""
        if live_from is None or self.mode is not Mode.BACKFILL:
            return False
        return (self.ledger.newest or self.now) <= live_from

    def open_issues(self) -> tuple[DetectedIssue, ...]:
        """Every open issue as last told, in order of its key."""
        held = sorted((key, issue.told) for key, issue in self.issues.items() if issue.told is not None)
        return tuple(told for _, told in held if told is not None)
