"""What could not be understood, at any hop: a record of `rejected-events`.

A rejection keeps the first bytes with their length and digest, the reason as a short slug, a detail that
names no patient, and the origin, which is also the record's key: a repetition can be seen.
"""

import base64
import hashlib
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Identifier, Instant, ShortText

KEPT_BYTES = 64 * 1024
"""How much of the original stays; `length` and `sha256` speak of all of it."""


class Origin(Contract):
    """Where it came from: a place in a topic, or a door with the file and line (or peer) behind it."""

    door: ShortText = ""
    topic: ShortText = ""
    partition: Annotated[int, Field(ge=0)] | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    path: ShortText = ""
    line: Annotated[int, Field(ge=1)] | None = None

    @property
    def key(self) -> str:
        """The same origin always has the same key."""
        if self.topic:
            return f"{self.topic}:{self.partition}:{self.offset}"
        return f"{self.door}:{self.path}:{self.line or ''}"


class RejectedEvent(Contract):
    """One record of `rejected-events`. `content` is base64 of at most `KEPT_BYTES`."""

    kind: Literal["rejected"] = "rejected"
    hop: Identifier
    reason: Identifier
    detail: ShortText = ""
    origin: Origin
    at: Instant | None = None
    length: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(min_length=64, max_length=64)]
    content: str


def rejected_event(hop: str, origin: Origin, original: bytes, reason: str, detail: str) -> RejectedEvent:
    """The rejection of `original` at `hop` ("intake", "safety", "notifier")."""
    return RejectedEvent(
        hop=hop,
        reason=reason,
        detail=detail[:2_000],
        origin=origin,
        length=len(original),
        sha256=hashlib.sha256(original).hexdigest(),
        content=base64.b64encode(original[:KEPT_BYTES]).decode(),
    )
