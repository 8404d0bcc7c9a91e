"""What a door makes of each thing it reads: an event, a rejection, or something it says it passes over.

Every thing read ends as exactly one of the three, so that the counts add up.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.clinical import PatientFact, UnreadableFact
from schemas.rejections import Origin, RejectedEvent
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from services.intake.door import Door

_LONGEST_ID = 512
CLOCKS_APART = timedelta(days=1)
"""A charting time further than this after the receipt is no charting time (house rule)."""

Event = PatientFact | SourceHeartbeat | KnowledgeActivated


class Unreadable(Exception):
    """Something cannot be read. `reason` is a slug, `detail` a sentence without anything of the payload;
    `path` leads to the element where the format has such paths (FHIRPath).
    """

    def __init__(self, reason: str, detail: str, path: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.path = path

    def within(self, element: str) -> "Unreadable":
        """The same, with a path that leads through `element`."""
        return Unreadable(self.reason, self.detail, f"{element}.{self.path}" if self.path else element)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event whose `patient` is the source's own id. `untimed`: a standing fact without any time in its
    source.
    """

    event: Event
    origin: Origin
    untimed: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was not understood. `patient` is the source's own id and `about` the entity, where these were
    readable; `path` is the element's, as in `Unreadable`.

    `received_at` and `recorded_at` are as the source states them, None where that could not be read.
    """

    rejection: RejectedEvent
    source: str
    patient: str | None = None
    about: str | None = None
    received_at: datetime | None = None
    recorded_at: datetime | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is understood and of no concern to this product, with the reason, so that it can be counted."""

    reason: str
    origin: Origin


Reading = Accepted | Rejected | Skipped


def unreadable_fact(rejected: Rejected, door: Door) -> UnreadableFact | None:
    """What a rejection leaves in its patient's ledger, without any payload; None where no patient was
    readable or nothing dates it.

    A repetition of the same bytes states the same entity. A readable statement about the same entity that
    was recorded later, or then and received later, dismisses it: a charting time far ahead is not believed,
    or nothing ever would.
    """
    received_at = rejected.received_at
    if received_at is None or not rejected.patient or len(rejected.patient) > _LONGEST_ID:
        return None
    recorded_at = rejected.recorded_at or received_at
    if recorded_at > received_at + CLOCKS_APART:
        recorded_at = received_at
    about = rejected.about if rejected.about and len(rejected.about) <= _LONGEST_ID else None
    digest = hashlib.sha256(f"{rejected.about}\x1f{rejected.rejection.sha256}".encode()).hexdigest()[:32]
    return UnreadableFact(
        event_id=f"unreadable/{digest}",
        patient=rejected.patient,
        entity=f"unreadable/{digest}",
        effective_at=received_at,
        recorded_at=recorded_at,
        received_at=received_at,
        mode=door.mode,
        time_domain=door.time_domain,
        source=rejected.source,
        reason=rejected.rejection.reason,
        about=about,
    )
