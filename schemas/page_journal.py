"""What `page-journal` holds (compacted): pages that were sent while the notifier's store was away."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Contract, Identifier, Instant, ShortText


class DirectOutcome(StrEnum):
    """What is known of a direct page. Sending: begun, and perhaps told; nothing was heard of it since."""

    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"


class JournaledPage(Contract):
    """One direct page, under the delivery id that the store will give it.

    `partition` and `offset`: the record of `detected-issues` that called for it. `ward`: where it was told
    that the patient is, which may be another one than that record says; empty where no ward is known. The
    key is `delivery`; a tombstone says that the store knows of it.
    """

    kind: Literal["journaled-page"] = "journaled-page"
    delivery: Identifier
    alert_id: Identifier
    episode: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=1)]
    step: str
    target: Identifier
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    ward: ShortText = ""
    outcome: DirectOutcome
    at: Instant
