"""How much of an ingredient a stated dose is, exactly, or why that cannot be said.

House rule: nothing is assumed. A count of tablets needs a strength, a volume needs a concentration, a dose
per kilogram needs a weight; a product known only by free text never enters a sum.
"""

from dataclasses import dataclass
from decimal import Decimal

from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, UnknownUnit, base, ucum
from services.safety.knowledge.products import Basis, Contained, Product

_STRAIGHT = frozenset({"mass", "substance", "charge", "international-unit", "enzyme-unit"})


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in the base unit of its dimension (mg for mass); `micro`: stated in ug or ng."""

    value: Decimal
    dimension: str
    micro: bool = False


def amount_of(dose: Quantity, product: Product, content: Contained) -> Amount | NotAssessedReason:
    """The amount of one contained ingredient in `dose` of the product."""
    if product.basis is Basis.TEXT:
        return NotAssessedReason.UNMAPPED_DRUG
    try:
        value, dimension = base(dose.value, dose.unit)
    except UnknownUnit:
        return _per_body(dose.unit)
    if dimension in _STRAIGHT:
        if len(product.contents) > 1:
            return NotAssessedReason.UNCONVERTIBLE_UNIT
        return Amount(value, dimension, _micro(dose.unit))
    if content.strength is None or content.per is None:
        return NotAssessedReason.UNCONVERTIBLE_UNIT
    try:
        strength, strength_dimension = base(content.strength.value, content.strength.unit)
        per, per_dimension = base(content.per.value, content.per.unit)
    except UnknownUnit:
        return NotAssessedReason.UNKNOWN_UNIT
    if per_dimension != dimension or per == 0:
        return NotAssessedReason.UNCONVERTIBLE_UNIT
    return Amount(value * strength / per, strength_dimension, _micro(content.strength.unit))


def _micro(unit: str) -> bool:
    return ucum(unit) in ("ug", "ng")


def _per_body(unit: str) -> NotAssessedReason:
    parts = unit.lower().split("/")[1:]
    if "kg" in parts:
        return NotAssessedReason.MISSING_WEIGHT
    if "m2" in parts:
        return NotAssessedReason.MISSING_HEIGHT
    return NotAssessedReason.UNKNOWN_UNIT
