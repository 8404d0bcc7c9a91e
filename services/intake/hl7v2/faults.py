"""Where in a message something is wrong, as an ERR segment says it (HL7 table 0357)."""

from dataclasses import dataclass

from services.intake.hl7v2.message import Segment
from services.intake.reading import Unreadable

REQUIRED_FIELD_MISSING = "101"
DATA_TYPE_ERROR = "102"
TABLE_VALUE_NOT_FOUND = "103"
UNSUPPORTED_PROCESSING_ID = "202"
UNKNOWN_KEY = "204"
INTERNAL_ERROR = "207"
_BY_REASON = {
    "unknown-message-type": "200",
    "unknown-event": "201",
    "unknown-processing-id": UNSUPPORTED_PROCESSING_ID,
    "unknown-version": "203",
    "too-large": INTERNAL_ERROR,
    "source-not-allowed": INTERNAL_ERROR,
    "stated-twice": "205",
    "missing-order-number": UNKNOWN_KEY,
}


class Misread(Unreadable):
    """`Unreadable` with its place: the sentence begins with the field, as in "RXA-3 is no HL7 time"."""

    def __init__(self, reason: str, predicate: str, segment: Segment, number: int) -> None:
        super().__init__(
            reason, f"{segment.name}-{number} {predicate}", f"{segment.name}[{segment.sequence}]-{number}"
        )
        self.segment = segment
        self.number = number


@dataclass(frozen=True, slots=True)
class Fault:
    """One ERR segment: severity E or W, where (segment, its sequence from 1, field), and a code of table
    0357. Nothing in it is of the payload.
    """

    severity: str
    segment: str
    sequence: int
    field: int | None
    code: str
    reason: str
    detail: str


def fault(error: Unreadable, at: Segment | None = None) -> Fault:
    """The fault of an error; `at` is the segment that was read where the error names none."""
    code = _BY_REASON.get(error.reason)
    if code is None:
        word = error.reason.partition("-")[0]
        code = {"missing": REQUIRED_FIELD_MISSING, "unknown": TABLE_VALUE_NOT_FOUND}.get(
            word, DATA_TYPE_ERROR
        )
    if isinstance(error, Misread):
        place = error.segment
        return Fault("E", place.name, place.sequence, error.number, code, error.reason, error.detail)
    name, sequence = (at.name, at.sequence) if at is not None else ("MSH", 1)
    return Fault("E", name, sequence, None, code, error.reason, error.detail)
