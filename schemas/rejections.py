"""What could not be understood, at any hop: a record of `rejected-events`.

A rejection keeps the first bytes with their length and digest, the reason as a short slug, a detail that
names no patient, and the origin, which is also the record's key: a repetition can be seen. Behind it stands,
in the same topic, what became of it: that it was read after all, or that somebody dismissed it.
"""

import base64
import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.base import Contract, Identifier, Instant, Mode, ShortText, TimeDomain
from schemas.clinical import UnreadableFact

KEPT_BYTES = 64 * 1024
"""How much of the original stays; `length` and `sha256` speak of all of it."""


class Origin(Contract):
    """Where it came from: a place in a topic, or a door with the file and line, or the peer, behind it.

    `peer` is the common name of a client certificate (MLLP), or an address.
    """

    door: ShortText = ""
    peer: ShortText = ""
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
        peer = f"{self.peer}/" if self.peer else ""
        return f"{self.door}:{peer}{self.path}:{self.line or ''}"


class RejectedEvent(Contract):
    """What was rejected. `content` is base64 of at most `KEPT_BYTES`.

    The last five are what reading it again needs, where a door of the intake rejected it: `source` is who
    spoke, `zone` the one in which times without an offset were read (IANA), `time_domain` None where nobody
    said, and `mark` is what it left in its patient's ledger, under the site's key.
    """

    kind: Literal["rejected"] = "rejected"
    hop: Identifier
    reason: Identifier
    detail: ShortText = ""
    origin: Origin
    at: Instant | None = None
    length: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(min_length=64, max_length=64)]
    content: str
    source: ShortText = ""
    zone: ShortText = ""
    mode: Mode = Mode.LIVE
    time_domain: TimeDomain | None = None
    mark: UnreadableFact | None = None

    @property
    def kept(self) -> bytes:
        """The original, or its first `KEPT_BYTES`."""
        return base64.b64decode(self.content)

    @property
    def whole(self) -> bool:
        """Whether all of the original was kept."""
        return len(self.kept) == self.length


class Closing(StrEnum):
    """What became of a rejection."""

    ACCEPTED = "accepted"
    PASSED_OVER = "passed-over"
    DISMISSED = "dismissed"


class RejectionClosed(Contract):
    """The rejection at `offset` of this `partition` of `rejected-events` is over: it was read again and
    accepted, or passed over as of no concern, or somebody dismissed it and said why (`note`).

    `rejected` counts the parts of it that are rejected still, each by a record of its own.
    """

    kind: Literal["rejection-closed"] = "rejection-closed"
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    closing: Closing
    at: Instant
    by: ShortText = ""
    note: ShortText = ""
    accepted: Annotated[int, Field(ge=0)] = 0
    rejected: Annotated[int, Field(ge=0)] = 0


RejectedRecord = Annotated[RejectedEvent | RejectionClosed, Field(discriminator="kind")]
REJECTED_RECORD: TypeAdapter[RejectedEvent | RejectionClosed] = TypeAdapter(RejectedRecord)


def records_lost(hop: str, topic: str, partition: int, first: int, last: int) -> RejectedEvent:
    """The rejection of records that were removed from a topic before `hop` had read them."""
    origin = Origin(topic=topic, partition=partition, offset=first)
    detail = f"{last - first + 1} records, offsets {first} to {last}, were removed before they were read"
    return rejected_event(hop, origin, b"", "records-lost", detail)


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
