"""What is said to the peer about its message: HL7 table 0008, with what was wrong and where."""

from dataclasses import dataclass
from typing import Literal

from services.intake.hl7v2 import Fault, Outcome
from services.intake.hl7v2.faults import INTERNAL_ERROR
from services.intake.reading import Accepted, Rejected, Skipped

Code = Literal["AA", "AE", "AR"]

_UNSUPPORTED = frozenset({"200", "201", "202", "203"})
"""Table 0357: message type, event, processing id, version."""
_NO_MESSAGE = frozenset(
    {"not-hl7", "bad-separators", "bad-charset", "unknown-charset", "too-large", "source-not-allowed"}
)
_MOST_FAULTS = 50
_NOTHING_WRONG = "0"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`AA`: all of it is on Kafka, or of no concern. `AE`: some of it is rejected, what else it said is on
    Kafka. `AR`: nothing of it is taken; either such messages are not read here, or it may be sent again.
    """

    code: Code
    faults: tuple[Fault, ...] = ()


NOT_STORED = Verdict(
    "AR",
    (Fault("E", "MSH", 1, None, INTERNAL_ERROR, "not-stored", "it cannot be stored now: send it again"),),
)


def verdict_of(outcome: Outcome) -> Verdict:
    """The verdict on a message once Kafka has all that became of it."""
    faults = _bounded(outcome.faults)
    rejected = [reading for reading in outcome.readings if isinstance(reading, Rejected)]
    if not rejected:
        return Verdict("AA", faults or _passed_over(outcome))
    wholly = len(rejected) == len(outcome.readings)
    if wholly and any(_refuses(fault) for fault in outcome.faults):
        return Verdict("AR", faults)
    return Verdict("AE", faults)


def _refuses(fault: Fault) -> bool:
    return fault.severity == "E" and (fault.code in _UNSUPPORTED or fault.reason in _NO_MESSAGE)


def _bounded(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    if len(faults) <= _MOST_FAULTS:
        return faults
    more = f"{len(faults) - _MOST_FAULTS} further faults are not listed"
    return (*faults[:_MOST_FAULTS], Fault("I", "MSH", 1, None, _NOTHING_WRONG, "further-faults", more))


def _passed_over(outcome: Outcome) -> tuple[Fault, ...]:
    """A notice where nothing of the message became an event: understood, and of no concern here."""
    if any(isinstance(reading, Accepted) for reading in outcome.readings):
        return ()
    reasons = sorted({reading.reason for reading in outcome.readings if isinstance(reading, Skipped)})
    return tuple(
        Fault("I", "MSH", 1, 9, _NOTHING_WRONG, reason, f"understood and of no concern here: {reason}")
        for reason in reasons[:_MOST_FAULTS]
    )
