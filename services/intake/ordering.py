"""The order of receipt, for sources that tell their own times: ties keep the order of the files."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from services.intake.door import Door
from services.intake.reading import Accepted, Event, Reading, Rejected, unreadable_fact

_NO_TIME_AT_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""Where an input holds not one time: any fixed instant will do."""


def in_order_of_receipt(readings: Iterable[Reading]) -> list[Reading]:
    """All readings by `received_at`. Those without a time stay after what stood before them in the files; a
    rejection among them is received then, too.

    A standing fact without any time (an undated allergy, a patient record) is received with the first dated
    fact of its patient, so that it invents no earlier history.
    """
    listed = list(readings)
    first: dict[str, datetime] = {}
    for reading in listed:
        if isinstance(reading, Accepted) and not reading.untimed:
            patient = getattr(reading.event, "patient", None)
            if patient is not None:
                earliest = first.get(patient)
                at = reading.event.received_at
                first[patient] = at if earliest is None else min(earliest, at)
    timed = [_dated(reading, first) for reading in listed]
    keyed: list[tuple[datetime, int, Reading]] = []
    for place, reading in enumerate(timed):
        keyed.append((_instant(reading) or (keyed[-1][0] if keyed else _floor(timed)), place, reading))
    keyed.sort(key=lambda item: item[:2])
    return [
        replace(reading, received_at=at) if isinstance(reading, Rejected) else reading
        for at, _, reading in keyed
    ]


def _dated(reading: Reading, first: dict[str, datetime]) -> Reading:
    if not isinstance(reading, Accepted) or not reading.untimed:
        return reading
    at = first.get(getattr(reading.event, "patient", ""))
    if at is None:
        return reading
    event = reading.event.model_copy(update={"effective_at": at, "recorded_at": at, "received_at": at})
    return Accepted(event, reading.origin)


def _instant(reading: Reading) -> datetime | None:
    if isinstance(reading, Accepted):
        return reading.event.received_at
    return reading.received_at if isinstance(reading, Rejected) else None


def _floor(readings: list[Reading]) -> datetime:
    known = [at for reading in readings if (at := _instant(reading)) is not None]
    return min(known) if known else _NO_TIME_AT_ALL


def with_unreadable(readings: Iterable[Reading], door: Door) -> Iterator[tuple[Reading, Event | None]]:
    """Each reading with what it states about its patient: its event, the mark of a rejection, or nothing."""
    for reading in readings:
        if isinstance(reading, Accepted):
            yield reading, reading.event
        elif isinstance(reading, Rejected):
            yield reading, unreadable_fact(reading, door)
        else:
            yield reading, None
