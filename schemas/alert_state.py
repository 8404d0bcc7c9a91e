"""What `alert-state` holds (compacted): how far each chain of the history has come."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Identifier, Instant


class ChainAnchor(Contract):
    """The last entry of a chain of `alert-history` when this was written; `offset` is its place there."""

    kind: Literal["chain-anchor"] = "chain-anchor"
    chain: Identifier
    sequence: Annotated[int, Field(ge=1)]
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    offset: Annotated[int, Field(ge=0)]
    at: Instant
