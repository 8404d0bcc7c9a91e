"""The patients of a message that is beyond the limits: whom it is about, by lines that can be read alone."""

import re
from collections.abc import Iterator

from services.intake.allowing import refuse_facility
from services.intake.door import Door
from services.intake.hl7v2 import kinds
from services.intake.hl7v2.charset import BOM
from services.intake.hl7v2.header import facility_names
from services.intake.hl7v2.identities import patient_of
from services.intake.hl7v2.message import Message, parse
from services.intake.hl7v2.pairs import who
from services.intake.reading import Unreadable

_LONGEST_LINE = 64 * 1024
_MOST_LINES = 1_000
_FEW = 10
"""Patients who are marked of one message: each mark has a record of its own."""
_LINE = re.compile(rb"(?:^|(?<=[\r\n]))(?:PID|MRG)[^\r\n]*(?=[\r\n])")
_HEADER = re.compile(rb"MSH[^\r\n]*(?=[\r\n])")


def beyond_limits(
    content: bytes, error: Unreadable, door: Door, *, whole: bool
) -> tuple[Unreadable, tuple[str, ...]]:
    """Whom a message that is too large marks, and the error, which says who else may be concerned.

    `whole`: all of the message is there, and not its beginning alone. Nobody where it cannot be read for
    certain whom it is about, or of whom the door's source may not speak. A line that may have been cut off is
    not looked at.
    """
    named = tuple(filter(door.speaks_of, _named(content, door)))
    detail = error.detail
    if len(named) > _FEW:
        detail += f"; more than {_FEW} patients are named, and only the first {_FEW} show it"
    elif named and not whole:
        detail += "; only who is named at its beginning shows it"
    return Unreadable(error.reason, detail, error.path), named[:_FEW]


def _named(content: bytes, door: Door) -> tuple[str, ...]:
    try:
        message = parse(b"\r".join(_lines(content)))
        refuse_facility(door, facility_names(message.header))
    except Unreadable:
        return ()
    if kinds.not_for_care(message) is not None or not _may_be_judged(message):
        return ()
    return tuple(dict.fromkeys(patient for segment in message.segments for patient in who(segment)))


def _lines(content: bytes) -> Iterator[bytes]:
    """The lines that say what a message is and whom it is about."""
    start = content.removeprefix(BOM).lstrip(b"\r\n\t \x00\x0b\x1c")
    header = _HEADER.match(start)
    if header is None:
        return
    yield (BOM if content.startswith(BOM) else b"") + header[0]
    for number, line in enumerate(_LINE.finditer(start), 1):
        if number > _MOST_LINES:
            return
        if line.end() - line.start() <= _LONGEST_LINE:
            yield line[0]


def marked(message: Message) -> str:
    """The patient at whom a message that is refused as a whole leaves its mark: none where it could not have
    said anything that is judged here.
    """
    if not _may_be_judged(message):
        return ""
    pid = message.first("PID")
    try:
        return patient_of(pid) if pid is not None else ""
    except Unreadable:
        return ""


def _may_be_judged(message: Message) -> bool:
    known = message.header.message_type in kinds.EVENTS
    return known and not (kinds.is_unknown_admission(message) and message.first("MRG") is None)
