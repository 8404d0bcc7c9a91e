"""What people did about an alert, and the record of everything that became of it (`alert-history`)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Identifier, Instant, Severity, ShortText


class AlertState(StrEnum):
    OPEN = "open"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"


class ActionKind(StrEnum):
    ACKNOWLEDGE = "acknowledge"


class AlertAction(Contract):
    """A person's answer to an alert, bound to the `revision` they saw; `key` makes a repetition harmless."""

    kind: Literal["action"] = "action"
    key: Identifier
    alert_id: Identifier
    action: ActionKind
    revision: Annotated[int, Field(ge=1)]
    episode: Annotated[int, Field(ge=1)]
    actor: Identifier
    note: ShortText = ""


class AlertHistoryEntry(Contract):
    """One transition of one alert. `sequence` is its place in that alert's history, from 1.

    `check`, `ward` and `tier` are those of the alert at that moment; tier 0 stands in entries of releases
    that did not keep it. `cause_entity` is empty where time alone, and no new fact, made the engine judge.

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
    chain: str = ""
    chain_sequence: Annotated[int, Field(ge=0)] = 0
    previous_hash: str = ""
    hash: str = ""
