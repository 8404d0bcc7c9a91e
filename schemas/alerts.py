"""What people did about an alert, and the record of everything that became of it (`alert-history`)."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Identifier, Instant, Severity, ShortText


class AlertState(StrEnum):
    OPEN = "open"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    OVERRIDDEN = "overridden"
    EXPIRED = "expired"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"


class ActionKind(StrEnum):
    """What a person can do. None of it resolves an issue: that it holds is for the facts to say."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    DECLINE = "decline"
    OVERRIDE = "override"
    HAND_OVER = "hand-over"


class OverrideReason(StrEnum):
    """Why an alert that holds is not acted on. `will-monitor` is a promise with an end: see `lasts_s`."""

    WILL_MONITOR = "will-monitor"
    BENEFIT_OUTWEIGHS_RISK = "benefit-outweighs-risk"
    TOLERATED_BEFORE = "tolerated-before"
    DOSE_INTENDED = "dose-intended"
    ALREADY_CORRECTED = "already-corrected"
    FACTS_WRONG = "facts-wrong"
    COMFORT_CARE = "comfort-care"
    OTHER = "other"


class OverrideScope(StrEnum):
    """How far an override reaches.

    `dose`: until the amount rises at all. `order`: until it is worse than what was paged. `patient`: also a
    new episode of the same finding, unless it is of a louder tier. None outlives its time.
    """

    DOSE = "dose"
    ORDER = "order"
    PATIENT = "patient"


LONGEST_OVERRIDE_S = 86_400


class AlertAction(Contract):
    """A person's answer to an alert, bound to the `revision` they saw; `key` makes a repetition harmless.

    `transition_id` is that of the content they saw, since a revision may be sent again with another; empty
    where nobody can say.

    An override needs `reason`, `scope`, `lasts_s` (seconds, at most a day) and a `note`, and for tier 1 a
    `second` person who agrees. A hand-over needs `to`, who accepts by acknowledging.
    """

    kind: Literal["action"] = "action"
    key: Identifier
    alert_id: Identifier
    action: ActionKind
    revision: Annotated[int, Field(ge=1)]
    episode: Annotated[int, Field(ge=1)]
    actor: Identifier
    note: ShortText = ""
    reason: OverrideReason | None = None
    scope: OverrideScope | None = None
    lasts_s: Annotated[int, Field(ge=1, le=LONGEST_OVERRIDE_S)] | None = None
    second: Identifier | None = None
    to: Identifier | None = None
    transition_id: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        override = self.action is ActionKind.OVERRIDE
        if override and (self.reason is None or self.scope is None or self.lasts_s is None or not self.note):
            raise ValueError("an override needs reason, scope, lasts_s and note")
        if not override and (self.reason or self.scope or self.lasts_s or self.second):
            raise ValueError("reason, scope, lasts_s and second belong to an override")
        if (self.action is ActionKind.HAND_OVER) != (self.to is not None):
            raise ValueError("a hand-over, and nothing else, needs `to`")
        return self


class AlertHistoryEntry(Contract):
    """One transition of one alert. `sequence` is its place in that alert's history, from 1.

    `check`, `ward` and `tier` are those of the alert at that moment; tier 0 stands in entries of releases
    that did not keep it. `level`: how many steps of its plan were told; `step`: the number of its last page,
    as the ids of deliveries have it; `targets`: whom a page tells, as "person/channel" (a release before
    named nobody); `holder`: who answers for it then; `offered`: to whom it is being handed over; the rest
    says what was overridden, for how long, by whom else. `cause_entity` is empty where time alone, and no
    new fact, made the engine judge.

    `chain_sequence` counts within `chain`, from 1. `hash` is the SHA-256 over the rest of the entry, which
    holds the hash of the entry before it; all four are empty in entries of releases without a chain.
    """

    kind: Literal["alert-history"] = "alert-history"
    alert_id: Identifier
    patient: Identifier
    sequence: Annotated[int, Field(ge=1)]
    episode: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=1)]
    event: str
    state: AlertState
    severity: Severity
    at: Instant
    actor: str = ""
    note: ShortText = ""
    because: ShortText = ""
    transition_id: str = ""
    check: str = ""
    ward: str = ""
    tier: Annotated[int, Field(ge=0, le=4)] = 0
    cause_entity: str = ""
    level: Annotated[int, Field(ge=0)] = 0
    step: Annotated[int, Field(ge=0)] = 0
    targets: tuple[str, ...] = ()
    holder: str = ""
    offered: str = ""
    reason: str = ""
    scope: str = ""
    second: str = ""
    until: Instant | None = None
    chain: str = ""
    chain_sequence: Annotated[int, Field(ge=0)] = 0
    previous_hash: str = ""
    hash: str = ""
