"""The surface of a patient's body now: as measured, else from height and weight, else not known."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.judgement import View, earliest
from services.safety.checks.patient.measured import codes_of, measured, readings_of
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.body import BODY, BODY_HEIGHT, BODY_SURFACE, BODY_WEIGHT
from services.safety.ledger.entries import Observed
from services.safety.ledger.timeline import Timeline

_PLACES = 2


@dataclass(frozen=True, slots=True)
class BodySurface:
    """In m2; from height and weight to two decimal places. `how` says what it was made from."""

    value: Decimal
    how: str
    entities: tuple[str, ...]

    @property
    def shown(self) -> JsonValue:
        """The surface as evidence."""
        return {"entities": list(self.entities), "m2": plain(self.value), "how": self.how}


def body_surface(view: View) -> tuple[BodySurface | NotAssessedReason, datetime | None]:
    """The surface, or what is missing to tell it, and when time alone may change that."""
    known, review_at = measured(view, BODY_SURFACE)
    if known.reading is not None:
        found = known.reading
        how = f"measured {view.clock(found.at)}"
        return BodySurface(found.value, how, (found.entity,)), review_at
    weight, changes = measured(view, BODY_WEIGHT)
    height, more = measured(view, BODY_HEIGHT)
    review_at = earliest(view.now, review_at, changes, more)
    if weight.reading is None:
        return NotAssessedReason.MISSING_WEIGHT, review_at
    measurement = view.knowledge.measurements.get(BODY_SURFACE)
    if height.reading is None or measurement is None or measurement.mosteller is None:
        return NotAssessedReason.MISSING_HEIGHT, review_at
    value = (height.reading.value * weight.reading.value / measurement.mosteller).sqrt()
    how = f"from {plain(height.reading.value)} cm and {plain(weight.reading.value)} kg (Mosteller)"
    entities = (height.reading.entity, weight.reading.entity)
    return BodySurface(round(value, _PLACES), how, entities), review_at


def surface_readings(view: View) -> tuple[Timeline[Observed] | None, ...]:
    """All that is observed of it, for knowing it again by identity."""
    return tuple(each for name in BODY for each in readings_of(view, name))


@lru_cache(maxsize=8)
def surface_inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """What a check reads to know it."""
    return frozenset().union(*(codes_of(knowledge, name) for name in BODY))
