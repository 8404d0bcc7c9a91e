"""Times that no statement received now can mean, at doors that stamp the receipt by the clock.

Histories that were shifted on purpose go through doors in simulated time, where the source's own time is the
receipt and nothing can be held against it.
"""

from datetime import UTC, datetime, timedelta

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    Encounter,
    Observation,
    Order,
    Patient,
    PatientFact,
)
from schemas.nothing_by_mouth import says_nothing_by_mouth
from services.intake.door import Door
from services.intake.reading import CLOCKS_APART, Unreadable

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_PLANNED_AHEAD = timedelta(days=366)
"""House rule: nobody orders today what begins in more than a year; the year is mistyped."""


def refuse_times(door: Door, fact: PatientFact) -> None:
    """Raises `Unreadable` for a time that is a slip of the pen or of a clock.

    `clock-ahead`: a charting time beyond the receipt would win over every correction until that day.
    """
    if door.clock is None:
        return
    if fact.recorded_at > fact.received_at + CLOCKS_APART:
        raise Unreadable("clock-ahead", "it was charted more than a day after it was received")
    if isinstance(fact, Patient) and fact.born_at is not None:
        if fact.born_at > fact.received_at + CLOCKS_APART:
            raise Unreadable("implausible-time", "the birth date lies ahead")
        return
    planned = isinstance(fact, Order) or (isinstance(fact, Condition) and says_nothing_by_mouth(fact.codings))
    if isinstance(fact, Allergy | Condition) and not planned:
        if fact.effective_at > fact.received_at + CLOCKS_APART:
            raise Unreadable("implausible-time", "what the patient has begins ahead")
        return
    if not planned and not isinstance(fact, Administration | Observation | Encounter):
        return
    if fact.effective_at < _EARLIEST:
        raise Unreadable("implausible-time", "it happened before 1900")
    if planned and fact.effective_at > fact.received_at + _PLANNED_AHEAD:
        raise Unreadable("implausible-time", "it begins more than a year after it was received")
