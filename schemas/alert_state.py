"""What `alert-state` holds (compacted): each alert as it stands, and how far each chain has come."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.alerts import AlertState
from schemas.base import Contract, Identifier, Instant


class ChainAnchor(Contract):
    """The last entry of a chain of `alert-history` when this was written; `offset` is its place there."""

    kind: Literal["chain-anchor"] = "chain-anchor"
    chain: Identifier
    sequence: Annotated[int, Field(ge=1)]
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    offset: Annotated[int, Field(ge=0)]
    at: Instant


class AlertSnapshot(Contract):
    """The newest episode of an alert as the store held it; `sequence` is that of its last entry.

    `fields` are those of the store, whose names its release knows: state, plan, level, who was told, who
    holds it. `timer_ms`: when its timer is due, by the clock that the alert lives by, in milliseconds.
    """

    kind: Literal["alert-snapshot"] = "alert-snapshot"
    alert_id: Identifier
    patient: Identifier
    episode: Annotated[int, Field(ge=1)]
    sequence: Annotated[int, Field(ge=0)]
    state: AlertState
    timer_ms: int | None = None
    fields: dict[str, str]


ALERT_STATE_RECORD: TypeAdapter[ChainAnchor | AlertSnapshot] = TypeAdapter(
    Annotated[ChainAnchor | AlertSnapshot, Field(discriminator="kind")]
)
"""One record of `alert-state`."""
