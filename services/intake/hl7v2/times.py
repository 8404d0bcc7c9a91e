"""HL7 times (TS, DTM, DT): from a year to fractions of a second, with or without an offset."""

import re
from datetime import UTC, datetime, timedelta, timezone

from services.intake.door import Door
from services.intake.fhir.elements import Moment, is_never
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Segment

_TIME = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?)?)?)?)?"
    r"(?:([+-])(\d\d):?(\d\d))?"
)
_FARTHEST = timedelta(hours=14)
_OF_DAY = re.compile(r"([01]\d|2[0-3]):?([0-5]\d)(?::?[0-5]\d(?:\.\d+)?)?(?:[+-]\d{4})?")


def moment(
    segment: Segment, number: int, door: Door, *, component: int = 1, of: str | None = None
) -> Moment | None:
    """The time in a component of a field, None where it is absent. Raises `Misread`; `of` is a repetition's
    own text.
    """
    written = segment.text(number, component) if of is None else of
    if not written:
        return None
    found = _TIME.fullmatch(written.replace(" ", ""))
    if found is None:
        raise Misread("bad-time", "is no HL7 time", segment, number)
    year, month, day, hour, minute, second, part = found.groups()[:7]
    try:
        offset = timedelta(hours=int(found[9]), minutes=int(found[10])) if found[8] else None
        if offset is not None and (offset > _FARTHEST or int(found[10]) > 59):
            raise ValueError("no place on earth has this offset")
        zone = timezone(-offset if found[8] == "-" else offset) if offset is not None else None
        local = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            int((part or "0").ljust(6, "0")), zone,
        )  # fmt: skip
        at, assumed = door.instant(local)
    except (ValueError, OverflowError) as error:
        raise Misread("bad-time", "is no possible time", segment, number) from error
    precision = "time" if hour else "day" if day else "month" if month else "year"
    return Moment(at.astimezone(UTC), precision, assumed)


def ending(segment: Segment, number: int, door: Door, *, of: str | None = None) -> Moment | None:
    """When something ends, None where it is not said or is never ("99991231"). Raises `Misread`."""
    written = segment.text(number) if of is None else of
    found = _TIME.fullmatch(written.replace(" ", ""))
    if found is not None and is_never(int(found[1])):
        return None
    return moment(segment, number, door, of=of)


def time_of_day(text: str) -> str | None:
    """ "0600", "06:00" or "060000" as "06:00"; None where it is none."""
    found = _OF_DAY.fullmatch(text.strip())
    return f"{found[1]}:{found[2]}" if found is not None else None
