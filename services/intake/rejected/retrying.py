"""What reading a rejection again comes to, and what is sent then.

Time: what a message says happened when it says. It is judged at the instant of its first receipt, so that a
dose in the future is not believed because that future has come; what is accepted then is received now, in
simulated time when its source says.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.base import TimeDomain
from schemas.clinical import Merge, VisitMove
from schemas.identity import SiteKey
from schemas.rejections import RejectedEvent
from schemas.stream_events import KnowledgeActivated, SourceHeartbeat
from services.intake import allowing
from services.intake.allowing import NOT_ALLOWED
from services.intake.door import Door
from services.intake.ordering import in_order_of_receipt
from services.intake.reading import Accepted, Reading, Rejected, Unreadable
from services.intake.rejected import resending
from services.intake.rejected.rereading import READERS, CannotRetry
from services.intake.rejected.topic import Entry
from services.intake.trust.sources import Sources

_NOT_OF_THE_ORIGINAL = {
    "stated-twice": "its message said two different things, and only one of them would be read",
    "unsupported-method": "it asked for something that is not done here",
    "unknown-media-type": "it came as something else than it may",
    "wrong-envelope": "what it came in was wrong",
    "wrong-topic": "it came on a topic for something else",
    "wrong-url": "it came under a URL for something else",
}
"""Reasons that lie beside the original, which alone would be read as if nothing were wrong."""


class Result(StrEnum):
    """What became of a retry. `rejected` and `not-retried` leave the rejection open."""

    ACCEPTED = "accepted"
    PASSED_OVER = "passed-over"
    REJECTED = "rejected"
    NOT_RETRIED = "not-retried"


@dataclass(frozen=True, slots=True)
class Retried:
    """`readings` are to be sent, none where the rejection stays open. `reason` and `detail` say why it does;
    where a part of the message alone is rejected still, of that part. `statement` stands for the readings of
    what was rejected behind the doors: it goes as it is.
    """

    entry: Entry
    result: Result
    readings: tuple[Reading, ...] = ()
    reason: str = ""
    detail: str = ""
    statement: resending.Statement | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is read again. Times without an offset in `zone`, or in the one of the first reading; what came
    from a peer is held to what its source may state by `sources`, as they are today.
    """

    site: SiteKey
    clock: Callable[[], datetime]
    zone: ZoneInfo | None = None
    sources: Sources | None = None


def retried(entry: Entry, terms: Terms) -> Retried:
    """The rejection read again."""
    if entry.rejected.hop == resending.HOP:
        return _stated_again(entry)
    try:
        readings = _read(entry, terms)
        _about_whom_it_was(entry.rejected, readings, terms.site)
    except CannotRetry as why:
        return Retried(entry, Result.NOT_RETRIED, (), entry.rejected.reason, str(why))
    again = [reading.rejection for reading in readings if isinstance(reading, Rejected)]
    reason, detail = (again[0].reason, again[0].detail) if again else ("", "")
    if len(again) == len(readings) or any(part.sha256 == entry.rejected.sha256 for part in again):
        return Retried(entry, Result.REJECTED, (), reason, detail)
    accepted = any(isinstance(reading, Accepted) for reading in readings)
    return Retried(
        entry, Result.ACCEPTED if accepted or again else Result.PASSED_OVER, readings, reason, detail
    )


def _stated_again(entry: Entry) -> Retried:
    try:
        statement = resending.statement_again(entry.rejected)
    except CannotRetry as why:
        return Retried(entry, Result.NOT_RETRIED, (), entry.rejected.reason, str(why))
    except Unreadable as error:
        return Retried(entry, Result.REJECTED, (), error.reason, error.detail)
    return Retried(entry, Result.ACCEPTED, statement=statement)


def door_of(rejected: RejectedEvent, terms: Terms, clock: Callable[[], datetime]) -> Door:
    """The door as it was, but for what `terms` change and for its clock. Raises `CannotRetry`."""
    try:
        zone = terms.zone or ZoneInfo(rejected.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CannotRetry("its times were read in a zone that this machine does not know") from error
    live = rejected.time_domain is TimeDomain.LIVE
    # The door's own name says only that nobody was named: what is read again may name somebody.
    named = rejected.source if rejected.source != rejected.origin.door else ""
    door = Door(named or None, zone, rejected.mode, clock if live else None)
    if terms.sources is None:
        if rejected.reason == NOT_ALLOWED:
            raise CannotRetry("what its source may state is not known here: set DOSEWARDEN_INTAKE_SOURCES")
        return door
    if not rejected.origin.peer:
        return door
    source = next((known for known in terms.sources.sources if known.name == rejected.source), None)
    if source is None:
        raise CannotRetry("its source may not speak any more: DOSEWARDEN_INTAKE_SOURCES does not name it")
    return allowing.door_of(door, source)


def _read(entry: Entry, terms: Terms) -> tuple[Reading, ...]:
    rejected = entry.rejected
    reader = READERS.get(rejected.origin.door)
    if rejected.hop != "intake" or reader is None or rejected.time_domain is None:
        raise CannotRetry(_no_reader(rejected))
    if rejected.reason in _NOT_OF_THE_ORIGINAL:
        raise CannotRetry(_NOT_OF_THE_ORIGINAL[rejected.reason])
    if not rejected.length:
        raise CannotRetry("nothing of it was kept: its sender must send it again")
    if not rejected.whole:
        raise CannotRetry(
            f"of its {rejected.length} bytes only {len(rejected.kept)} were kept: its sender must send it"
            " again"
        )
    first = rejected.at or entry.at
    readings = reader(rejected.kept, rejected.origin, door_of(rejected, terms, lambda: first))
    if rejected.time_domain is not TimeDomain.LIVE:
        return tuple(in_order_of_receipt(readings))
    now = terms.clock()
    return tuple(_received(reading, now) for reading in readings)


def _no_reader(rejected: RejectedEvent) -> str:
    if rejected.hop != "intake":
        return f"it was rejected behind the doors, by {rejected.hop}: whoever wrote it must write it again"
    if rejected.time_domain is None:
        return "it was recorded without what reading it again needs: its sender must send it again"
    return "it is no message that can be read alone: feed its files again"


def _received(reading: Reading, now: datetime) -> Reading:
    if isinstance(reading, Accepted):
        return replace(reading, event=reading.event.model_copy(update={"received_at": now}))
    return replace(reading, received_at=now) if isinstance(reading, Rejected) else reading


def _about_whom_it_was(rejected: RejectedEvent, readings: tuple[Reading, ...], site: SiteKey) -> None:
    """Raises `CannotRetry` where it is about no patient, or about another one than the one who was marked."""
    for reading in readings:
        if not isinstance(reading, Accepted):
            continue
        event = reading.event
        if isinstance(event, SourceHeartbeat | KnowledgeActivated):
            raise CannotRetry("it is about no patient: it told of a moment that is over")
        named = {event.patient}
        if isinstance(event, Merge | VisitMove):
            named.add(event.survivor if isinstance(event, Merge) else event.to)
        if rejected.mark is not None and rejected.mark.patient not in map(site.patient_key, named):
            raise CannotRetry(
                "it would be about another patient than the one who was marked (or the site key is another):"
                " its sender must send it again"
            )
