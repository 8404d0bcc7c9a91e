"""The body weight and surface of a patient as a dose per kilogram or square metre is worked out with them."""

from datetime import datetime
from decimal import Decimal

from schemas.issues import NotAssessedReason
from services.safety.checks.body_surface import body_surface
from services.safety.checks.judgement import View
from services.safety.checks.measured import measured
from services.safety.ledger.body import BODY_WEIGHT, KILOGRAM, SQUARE_METRE, Size


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


def _size(view: View, unit: str, value: Decimal, entities: tuple[str, ...]) -> Size:
    return Size(value, unit, entities, max(view.ledger.facts[entity].received_at for entity in entities))
