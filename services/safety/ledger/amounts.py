"""How much of an ingredient a stated dose is, exactly, or why that cannot be said.

House rule: nothing is assumed. A count of tablets needs a strength, a volume needs a concentration, a dose
per kilogram needs a weight; a product known only by free text never enters a sum.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, UnknownUnit, base, ucum
from services.safety.knowledge.products import Basis, Contained, Product
from services.safety.ledger.body import MISSING, UNMEASURED, Body, Size, WorkedOut, per_body

_STRAIGHT = frozenset(
    {"mass", "substance", "charge", "international-unit", "enzyme-unit", "phenytoin-equivalent"}
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in the base unit of its dimension (mg for mass); `micro`: stated in ug or ng.

    `worked_out`: how, where it was stated per kilogram or per square metre.
    """

    value: Decimal
    dimension: str
    micro: bool = False
    worked_out: WorkedOut | None = None


@dataclass(frozen=True, slots=True)
class PerBody:
    """A dose stated per kg or per m2: the amount for `one` of that unit."""

    one: Amount
    unit: str
    stated: Quantity

    @property
    def missing(self) -> NotAssessedReason:
        """What keeps it from being an amount as long as nothing is known of the body."""
        return MISSING[self.unit]

    def of(self, size: Size) -> Amount:
        """The amount for a body of that size."""
        return replace(self.one, value=self.one.value * size.value, worked_out=WorkedOut(self.stated, size))


def amount_of(
    dose: Quantity, product: Product, content: Contained, body: Body = UNMEASURED
) -> Amount | NotAssessedReason:
    """The amount of one contained ingredient in `dose` of the product."""
    found = stated_amount(dose, product, content)
    if not isinstance(found, PerBody):
        return found
    size = body.per(found.unit)
    return found.of(size) if isinstance(size, Size) else size


def stated_amount(
    dose: Quantity, product: Product, content: Contained
) -> Amount | PerBody | NotAssessedReason:
    """The same before the body is looked at: a missing weight is only missed where it would help."""
    if product.basis is Basis.TEXT:
        return NotAssessedReason.UNMAPPED_DRUG
    split = per_body(dose.unit) if "/" in dose.unit else None
    if split is None:
        return _amount_of(dose.value, dose.unit, product, content)
    one = _amount_of(dose.value, split[0], product, content)
    return PerBody(one, split[1], dose) if isinstance(one, Amount) else one


def _amount_of(
    stated: Decimal, unit: str, product: Product, content: Contained
) -> Amount | NotAssessedReason:
    try:
        value, dimension = base(stated, unit)
    except UnknownUnit:
        return NotAssessedReason.UNKNOWN_UNIT
    if dimension in _STRAIGHT:
        if len(product.contents) > 1:
            return NotAssessedReason.UNCONVERTIBLE_UNIT
        return Amount(value, dimension, _micro(unit))
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
