"""What was stated of a measurement, in the unit that it goes by."""

from decimal import Decimal

from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, UnconvertibleUnit, UnknownUnit, ucum
from services.safety.knowledge.measurements import Measurement


def in_its_unit(measurement: Measurement, stated: Quantity) -> Decimal | NotAssessedReason:
    """The value in the unit of its measurement, or why none can be taken from it."""
    if stated.unit == measurement.unit:
        return _plausible(measurement, stated.value)
    try:
        other = measurement.per_unit.get(stated.unit) or measurement.per_unit.get(ucum(stated.unit))
        value = stated.to(measurement.unit) if other is None else stated.value / other
    except UnknownUnit:
        return NotAssessedReason.UNKNOWN_UNIT
    except UnconvertibleUnit:
        return NotAssessedReason.UNCONVERTIBLE_UNIT
    return _plausible(measurement, value)


def _plausible(measurement: Measurement, value: Decimal) -> Decimal | NotAssessedReason:
    within = measurement.plausible_from <= value <= measurement.plausible_to
    return value if within else NotAssessedReason.IMPLAUSIBLE_VALUE
