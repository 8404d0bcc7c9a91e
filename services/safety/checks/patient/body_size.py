"""The body weight and surface of a patient as a dose per kilogram or square metre is worked out with them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import View
from services.safety.checks.patient.body_surface import body_surface, surface_readings
from services.safety.checks.patient.measured import measured
from services.safety.ledger.body import BODY, BODY_WEIGHT, KILOGRAM, SQUARE_METRE, Size


def body_size(view: View, unit: str) -> tuple[Size | NotAssessedReason, datetime | None]:
    """The usable weight ("kg") or surface ("m2") now, or what is missing; and when time may change that."""
    if unit == KILOGRAM:
        known, review_at = measured(view, BODY_WEIGHT)
        if known.reading is None:
            return NotAssessedReason.MISSING_WEIGHT, review_at
        return _size(view, KILOGRAM, known.reading.value, (known.reading.entity,)), review_at
    surface, review_at = body_surface(view)
    if isinstance(surface, NotAssessedReason):
        return surface, review_at
    return _size(view, SQUARE_METRE, surface.value, surface.entities), review_at


def body_size_at(view: View, start: datetime, unit: str) -> Size | NotAssessedReason:
    """The size for a dose that began at `start`: as it was known to be then, else as first taken soon after.

    How soon is for the measurements to say. Time alone changes nothing of it.
    """
    then, _ = body_size(view._replace(now=start), unit)
    back = _counts_back(view)
    if isinstance(then, Size) or not back:
        return then
    for taken in _taken(view, start, start + back):
        size, _ = body_size(view._replace(now=taken), unit)
        if isinstance(size, Size):
            return replace(size, taken_after=True)
    return then


def _taken(view: View, after: datetime, until: datetime) -> list[datetime]:
    timelines = filter(None, surface_readings(view))
    found = {each.start for timeline in timelines for each in timeline.overlapping(after, until)}
    return sorted(at for at in found if at > after)


def _counts_back(view: View) -> timedelta:
    known = filter(None, map(view.knowledge.measurements.get, BODY))
    return max((each.counts_back for each in known if each.counts_back is not None), default=timedelta(0))


def _size(view: View, unit: str, value: Decimal, entities: tuple[str, ...]) -> Size:
    return Size(value, unit, entities, max(view.ledger.facts[entity].received_at for entity in entities))
