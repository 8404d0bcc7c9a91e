"""Our own JSON: one clinical event per line, with the source's own patient ids."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from schemas.base import Instant, Mode
from schemas.clinical import Claimable, Encounter, OfVisit, Order, PatientFact
from schemas.rejections import Origin
from services.intake.door import Door, possible
from services.intake.json_text import parse
from services.intake.lines import LARGEST_MESSAGE, Line, lines
from services.intake.plausible import refuse_times
from services.intake.reading import Accepted, Event, Reading, Rejected, Unreadable
from services.intake.rejecting import reason_of, rejection, rejection_of_part
from services.intake.schedules import refuse_dosages

FORMAT = "events"
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_STATED: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_LONGEST_ID = 512


def read(paths: Iterable[Path], door: Door) -> Iterator[Reading]:
    """Each line of each file as a reading, in file order. Raises `BrokenFile`."""
    for path in paths:
        for line in lines(path):
            yield read_line(line, Origin(door=FORMAT, path=str(path), line=line.number), door)


_MADE_HERE = {
    "tick": "clock ticks are made by the processor and never read",
    "history-ended": "that a first load is over is said by an operator and never read",
}


def read_line(line: Line, origin: Origin, door: Door) -> Reading:
    """One line as a reading."""
    if not line.whole:
        error = Unreadable("too-large", f"a message may have at most {LARGEST_MESSAGE} bytes")
        record = rejection_of_part(origin, line.text, line.length, line.sha256, error)
        return Rejected(record, door.source or FORMAT)
    return read_text(line.text, origin, door)


def read_text(
    text: bytes,
    origin: Origin,
    door: Door,
    *,
    original: bytes | None = None,
    fault: Unreadable | None = None,
    admits: Callable[[str], None] = lambda kind: None,  # noqa: ARG005
) -> Reading:
    """One event as a reading.

    `original` is what the text came in, and `fault` what is wrong with that already; `admits` raises
    `Unreadable` for kinds that may not come this way. The patient is marked where the text tells who it is.
    """
    content: Any = None
    try:
        content = parse(text)
        if fault is not None:
            raise fault
        kind = content.get("kind") if isinstance(content, dict) else None
        if isinstance(kind, str):
            if kind in _MADE_HERE:
                raise Unreadable("unknown-kind", _MADE_HERE[kind])
            admits(kind)
        event = _stamped(_event(text), door)
        if isinstance(event, PatientFact):
            refuse_times(door, event)
        return Accepted(event, origin)
    except Unreadable as error:
        record = rejection(origin, text if original is None else original, fault or error)
        return _rejected(content, record, door)


def _event(text: bytes) -> Event:
    try:
        event = _STATED.validate_json(text.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        raise reason_of(error) from error
    except OverflowError as error:
        raise Unreadable("bad-time", "a time lies at the end of all time") from error
    if getattr(event, "merged_from", None) is not None:
        raise Unreadable("wrong-schema", "which record a fact was merged from is the processor's to say")
    if isinstance(event, OfVisit) and event.visit_named_at is not None:
        raise Unreadable("wrong-schema", "when a visit was named before is the processor's to say")
    if isinstance(event, Encounter) and (event.wards_before or event.leave_before):
        raise Unreadable("wrong-schema", "what was said of a stay before is the processor's to say")
    if isinstance(event, Claimable) and event.recharted:
        raise Unreadable("wrong-schema", "that something was charted again is the processor's to say")
    if isinstance(event, Order):
        refuse_dosages(event)
    if not all(map(possible, _instants(event))):
        raise Unreadable("bad-time", "a time lies outside the years 1700 to 2500")
    return event


def _instants(stated: BaseModel) -> Iterator[datetime]:
    """All times of a statement and of its parts."""
    for value in vars(stated).values():
        if isinstance(value, datetime):
            yield value
        elif isinstance(value, tuple):
            for part in value:
                if isinstance(part, BaseModel):
                    yield from _instants(part)


def _stamped(event: Event, door: Door) -> Event:
    stamps: dict[str, Any] = {"time_domain": door.time_domain}
    if door.clock is not None:
        stamps["received_at"] = door.clock()
    if door.mode is Mode.BACKFILL and hasattr(event, "mode"):
        stamps["mode"] = door.mode
    if door.source is not None and hasattr(event, "source"):
        stamps["source"] = door.source
    if all(getattr(event, name) == value for name, value in stamps.items()):
        return event
    try:
        return _STATED.validate_python({**vars(event), **stamps})
    except ValidationError as error:
        raise reason_of(error) from error


def _rejected(content: Any, record: Any, door: Door) -> Rejected:
    fields = content if isinstance(content, dict) else {}
    source = door.source or _identifier(fields.get("source")) or FORMAT
    received_at = _instant(fields.get("received_at"))
    return Rejected(
        record,
        source,
        patient=_identifier(fields.get("patient")),
        about=_identifier(fields.get("entity")),
        received_at=received_at if door.clock is None else door.clock(),
        recorded_at=_instant(fields.get("recorded_at")),
    )


def _identifier(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID else None


def _instant(value: object) -> datetime | None:
    try:
        found = _INSTANT.validate_json(f'"{value}"') if isinstance(value, str) else None
    except (ValidationError, OverflowError):
        return None
    return found if found is not None and possible(found) else None
