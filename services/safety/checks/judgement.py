"""What a check is given and what it answers.

A check is pure: it sees one patient's ledger, the knowledge base and an instant. It answers what holds
*now*, and when time alone may next change that answer. It never remembers: raising and ending are the
engine's.

A check costs nothing for drugs that it has no rows about if it says which drugs concern it (`Selective`). An
answer that looked at `View.alive` is asked again after every sign of life, any other is not: what is read
there must not be kept for later questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import NotAssessedReason, SourceRef
from services.safety.checks.clock_words import on_the_calendar, on_the_clock
from services.safety.checks.ward_rules import RulesOfWards
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.ledger import PatientLedger


@dataclass(frozen=True, slots=True)
class ByBody:
    """The drugs with orders that go by the patient's body, and when time alone may change what these are."""

    ordered: Mapping[str, datetime | None]

    def review_at(self, subject: str) -> datetime | None:
        """When the orders of a drug may change, or with an empty subject those of any."""
        if subject:
            return self.ordered.get(subject)
        return min((at for at in self.ordered.values() if at is not None), default=None)


class View(NamedTuple):
    """What a check may look at. `alive` holds the last sign of life of each source.

    `by_body`: set where doses or orders of the ledger were worked out for the patient's body. `wards`: set
    where the patient is, was or will be on a ward that differs from the house. A named tuple, like the
    ledger, because every event makes some.
    """

    ledger: PatientLedger
    knowledge: KnowledgeBase
    now: datetime
    alive: Mapping[str, datetime]
    by_body: ByBody | None = None
    wards: RulesOfWards | None = None

    def tolerance_at(self, instant: datetime) -> timedelta:
        """By how much a dose may be early or late on the ward where the patient is at an instant."""
        return self.knowledge.house.tolerance if self.wards is None else self.wards.at(instant).tolerance

    def zone_at(self, instant: datetime) -> ZoneInfo:
        """Whose clocks hold where the patient is at an instant."""
        return self.knowledge.zone if self.wards is None else self.wards.at(instant).zone

    def clock(self, instant: datetime) -> str:
        """An instant in words, by the clocks of where the patient is then."""
        return on_the_clock(instant, self.zone_at(instant))

    def calendar(self, instant: datetime) -> str:
        """Its day there."""
        return on_the_calendar(instant, self.zone_at(instant))

    @property
    def widest_tolerance(self) -> timedelta:
        """At least the tolerance of any ward on which the patient is, was or will be."""
        return self.knowledge.house.tolerance if self.wards is None else self.knowledge.tolerances[1]

    @property
    def narrowest_tolerance(self) -> timedelta:
        """At most the tolerance of any of them."""
        return self.knowledge.house.tolerance if self.wards is None else self.knowledge.tolerances[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that holds now. `subject` identifies it within its check; `level` orders how bad it is.

    A level a tenth above the one last told counts as worse. `implicated` are the entities it rests on.
    `settles`: how long it must hold before it pages, where that is not as for all findings of its check.
    """

    check: str
    subject: str
    subjects: tuple[str, ...]
    severity: Severity
    text: str
    implicated: tuple[str, ...] = ()
    level: Decimal = Decimal(1)
    evidence: dict[str, JsonValue] = field(default_factory=dict)
    sources: tuple[SourceRef, ...] = ()
    shadow: bool = False
    high_alert: bool = False
    retrospective: bool = False
    reason: NotAssessedReason | None = None
    settles: timedelta | None = None

    @property
    def of_doses(self) -> bool:
        """Whether its amount was given, at least in part, and not ordered alone."""
        return "doses" in self.evidence


@dataclass(frozen=True, slots=True)
class Judgement:
    """All findings of one check about one subject, and the next instant at which time alone may change them.

    Until `review_at` the same findings hold with the same severity and level as long as no input changes.
    Their words and evidence do until `evident_until`, if that is set: before anything is told of them later,
    the question is asked again.
    """

    findings: tuple[Finding, ...] = ()
    review_at: datetime | None = None
    evident_until: datetime | None = None


SILENT = Judgement()


@runtime_checkable
class Selective(Protocol):
    """A check that knows which drugs concern it; a check that does not say is asked about every drug."""

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Whether doses or orders of an ingredient (or of an unmapped label) can ever matter to the check.

        Looked up once for each ingredient, so only what the knowledge says may count. False promises, of a
        check per ingredient, that it finds nothing about the ingredient whatever the ledger holds; of any
        other, that its findings are the same with the ingredient and without.
        """
        ...


@runtime_checkable
class ReadsByDrug(Protocol):
    """A check per ingredient that does not read the same for every drug."""

    def reads_for(self, knowledge: KnowledgeBase, ingredient: str) -> frozenset[str]:
        """The inputs whose change may change the answer about a drug of which nothing is told.

        All else that the check reads may change only answers that have findings, or that looked at
        `View.alive`. Looked up once for each ingredient, so only what the knowledge says may count.
        """
        ...


class Check(Protocol):
    """One kind of judgement.

    A check per ingredient is asked for each ingredient that was given or ordered (unmapped products by their
    label in angle brackets); others are asked once, with an empty subject.
    """

    id: str
    per_ingredient: bool

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """The inputs whose change may change the answer: names of `Change.inputs`.

        A check per ingredient need be asked again after "given" and "orders" only for the ingredients of the
        change; after any other input, for every ingredient.
        """
        ...

    def judge(self, view: View, subject: str) -> Judgement:
        """What holds at `view.now`."""
        ...


def not_assessed(
    check: str,
    reason: NotAssessedReason,
    subject: str,
    text: str,
    implicated: tuple[str, ...] = (),
    drugs: tuple[str, ...] | None = None,
) -> Finding:
    """A finding that says what could not be judged.

    `subject` is the drug concerned, empty for the patient, or whatever else tells it from others; `drugs` are
    the drugs it keeps from being judged where `subject` is not one.
    """
    if drugs is None:
        drugs = (subject.strip("<>"),) if subject else ()
    failed = reason is NotAssessedReason.CHECK_FAILED
    return Finding(
        check="not-assessed",
        subject=f"{reason.value}|{subject}|{check}" if failed else f"{reason.value}|{subject}",
        subjects=drugs,
        severity=Severity.MINOR,
        text=text,
        implicated=implicated,
        evidence={"check": check},
        reason=reason,
    )


def gravity(finding: Finding) -> tuple[bool, int, str]:
    """How findings by several rows about one subject compare: in force, grave, and then by row id."""
    return (not finding.shadow, finding.severity.rank, finding.sources[0].row if finding.sources else "")


def the_worst(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The worst of findings that tell one story, or none: in force, judged, grave, and by much.

    A draft pages nobody, so it must not hide that a rule in force could not be judged.
    """
    if len(found) < 2:
        return tuple(found)
    return (max(found, key=lambda f: (not f.shadow, f.reason is None, f.severity.rank, f.level)),)


def sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two instants, where None is never."""
    if one is None:
        return other
    return one if other is None or one <= other else other


def earliest(now: datetime, *instants: datetime | None) -> datetime | None:
    """The earliest instant after `now`, if any."""
    first: datetime | None = None
    for instant in instants:
        if instant is not None and instant > now and (first is None or instant < first):
            first = instant
    return first
