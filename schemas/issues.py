"""What the engine found: whole-state records on `detected-issues`, and what could not be judged.

Each record holds the whole issue, so that a reader needs no earlier one. `not-assessed` is a check id like
any other: "could not look" travels, is shown and is withdrawn exactly as a finding is.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from schemas.base import Contract, Identifier, Instant, Mode, Severity, ShortText, TimeDomain


class NotAssessedReason(StrEnum):
    UNMAPPED_DRUG = "unmapped-drug"
    UNKNOWN_UNIT = "unknown-unit"
    UNCONVERTIBLE_UNIT = "unconvertible-unit"
    MISSING_DOSE = "missing-dose"
    MISSING_WEIGHT = "missing-weight"
    MISSING_DURATION = "missing-duration"
    MISSING_HEIGHT = "missing-height"
    MISSING_RENAL_FUNCTION = "missing-renal-function"
    MISSING_AGE = "missing-age"
    MISSING_PREGNANCY_STATUS = "missing-pregnancy-status"
    TEXT_ONLY_DOSE = "text-only-dose"
    IMPLAUSIBLE_VALUE = "implausible-value"
    BEFORE_BIRTH = "before-birth"
    BEFORE_ADMISSION = "before-admission"
    INSUFFICIENT_HISTORY = "insufficient-history"
    FEED_SILENT = "feed-silent"
    UNCODED_CONDITION = "uncoded-condition"
    UNREADABLE_FACT = "unreadable-fact"
    TOO_LATE = "too-late"
    CHECK_FAILED = "check-failed"
    MERGED = "merged"
    MERGE_CYCLE = "merge-cycle"
    CHARTED_AGAIN = "charted-again"
    VISIT_MOVED = "visit-moved"
    CORRECTED_DOSE = "corrected-dose"
    UNKNOWN_CLASS = "unknown-class"
    NO_DOSE_LIMIT = "no-dose-limit"


class NotAssessed(Contract):
    """Why something could not be judged: `subjects` are the drugs it keeps from being judged."""

    reason: NotAssessedReason
    check: str
    subjects: tuple[str, ...] = ()
    implicated: tuple[str, ...] = ()
    text: ShortText


class Transition(StrEnum):
    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    REPUBLISHED = "republished"


class SourceRef(Contract):
    """Where a rule was read: title, publisher, section, and a quotation of at most 25 words."""

    row: Identifier
    title: ShortText
    publisher: ShortText = ""
    version: ShortText = ""
    section: ShortText = ""
    quote: ShortText = ""
    certainty: str
    status: str


class DetectedIssue(Contract):
    """One issue of one patient, whole. `revision` counts changes within an `episode`, from 1.

    `page_from` is the instant from which it may page if it still holds (settling); `covered_by` names an
    issue that already tells the same story, so that this one is shown but does not page. `told_before` is the
    revision of this episode that told as much as this worsened one, 0 if none did: whoever was told is not
    called again. `severity` grades what was found; for `not-assessed` it says nothing of harm and is always
    minor. `moved_to`: the patient under whom it is judged from now on, where this record was merged away.
    `monitored_by`: what counts as watching for its danger, measurements by name ("creatinine") and observed
    codes ("loinc|9279-1"); where it is empty, nothing that reaches us does.
    """

    kind: Literal["issue"] = "issue"
    issue_id: Identifier
    patient: Identifier
    check: str
    reason: NotAssessedReason | None = None
    severity: Severity
    high_alert: bool = False
    open: bool
    transition: Transition
    transition_id: Identifier
    episode: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=1)]
    at: Instant
    raised_at: Instant
    page_from: Instant
    because: ShortText
    cause_event: str = ""
    cause_entity: str = ""
    subjects: tuple[str, ...]
    implicated: tuple[str, ...] = ()
    shadow: bool = False
    retrospective: bool = False
    moved_to: Identifier | None = None
    covered_by: str | None = None
    monitored_by: tuple[Identifier, ...] = ()
    told_before: Annotated[int, Field(ge=0)] = 0
    mode: Mode
    time_domain: TimeDomain
    ward: ShortText = ""
    text: ShortText
    evidence: dict[str, JsonValue] = Field(default_factory=dict)
    knowledge_version: str
    sources: tuple[SourceRef, ...] = ()


class MonitoringSeen(Contract):
    """Something was observed that counts as watching for the danger of an open issue; told to nobody.

    `event` is the statement that said so, `what` the measurement or code of `monitored_by` that it is, and
    `at` when it was measured, after the issue was raised. Whoever promised to monitor before `at` kept that.
    `taken_back`: that statement does not stand any more, or counts no longer as corrected. `replaces`: the
    statement that this one corrects, where that counted as well.
    """

    kind: Literal["monitoring-seen"] = "monitoring-seen"
    issue_id: Identifier
    patient: Identifier
    episode: Annotated[int, Field(ge=1)]
    event: Identifier
    what: Identifier
    at: Instant
    taken_back: bool = False
    replaces: str = ""
    time_domain: TimeDomain = TimeDomain.LIVE

    @property
    def id(self) -> str:
        """The record's key, another one than that of the issue: compaction must not take the issue away."""
        return f"monitoring-seen:{self.issue_id}"


class PartitionHeartbeat(Contract):
    """The processor owns this partition and has judged everything received up to `watermark`.

    Where time is real, but for what waits there for a minute at most: one that is judged later has none.
    """

    kind: Literal["partition-heartbeat"] = "partition-heartbeat"
    partition: Annotated[int, Field(ge=0)]
    at: Instant
    watermark: Instant | None
    time_domain: TimeDomain = TimeDomain.LIVE


class RecordsLost(Contract):
    """Records of `topic` were gone before they were judged: what they said of their patients is not known.

    `first` and `last` are the offsets of the lost records. `last` names the loss: after a crash the same one
    may be told again with an earlier `first`.
    """

    kind: Literal["records-lost"] = "records-lost"
    topic: Identifier
    partition: Annotated[int, Field(ge=0)]
    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]
    why: ShortText
    at: Instant
    time_domain: TimeDomain = TimeDomain.LIVE

    @property
    def id(self) -> str:
        """The same loss always has the same id; it is the record's key."""
        return f"records-lost:{self.topic}:{self.partition}:{self.last}"


class SourceHeard(Contract):
    """One declared source: when it last stated something that was stored, None since the door was opened;
    and after how many seconds of silence it is missed.

    `clock_offset_s`: by how much the freshest of what it stated of late is ahead of its receipt, None where
    that is not known; beyond `maximum_clock_offset_s` either way it is told.
    """

    source: Identifier
    at: Instant | None = None
    maximum_silence_s: Annotated[int, Field(ge=1)]
    clock_offset_s: int | None = None
    maximum_clock_offset_s: Annotated[int, Field(ge=1)] = 120


class SourcesHeard(Contract):
    """All sources that the doors know, as of `at`; the newest record says which these are. A door that sends
    none of these hears nobody.
    """

    kind: Literal["sources-heard"] = "sources-heard"
    at: Instant
    sources: tuple[SourceHeard, ...]


class KnowledgeCompared(Contract):
    """What a knowledge version would change in a partition; told to nobody. Answers a shadow activation.

    `asked` is the `event_id` of that. `compared` is False where the version was not there to compare with;
    then nothing is known of changes. `changes` counts by check and transition ("cumulative-dose raised").
    """

    kind: Literal["knowledge-compared"] = "knowledge-compared"
    asked: Identifier
    knowledge_version: Identifier
    partition: Annotated[int, Field(ge=0)]
    compared: bool
    patients: Annotated[int, Field(ge=0)]
    changes: dict[str, int] = Field(default_factory=dict)
    at: Instant


IssueRecord = (
    DetectedIssue | MonitoringSeen | PartitionHeartbeat | RecordsLost | SourcesHeard | KnowledgeCompared
)
DetectedIssueRecord = Annotated[IssueRecord, Field(discriminator="kind")]
DETECTED_ISSUE_RECORD: TypeAdapter[IssueRecord] = TypeAdapter(DetectedIssueRecord)
