"""Where the fields of one order name two different amounts: neither is believed."""

from decimal import Decimal

from schemas.quantities import UnconvertibleUnit, UnknownUnit, dimension
from services.intake.fhir.elements import quantity, quantity_rate
from services.intake.hl7v2.amounts import Element


def counted_otherwise(
    stated: Element | None, low: Element | None, high: Element | None, dispensed: Decimal | None
) -> bool:
    """Whether the quantity of a timing makes another dose of it: "2" beside 500 mg (is it 1000 mg?), or 1
    tablet beside 2. A quantity that repeats what is dispensed, or that is of another kind, says nothing.
    """
    if stated is None or low is None or high is None:
        return False
    if not (stated["code"] or stated["unit"]):
        return stated["value"] not in (Decimal(1), dispensed, low["value"], high["value"])
    one, least, most = (quantity(item, "") for item in (stated, low, high))
    if one is None or least is None or most is None:
        return False
    try:
        if dimension(one.unit) == dimension(least.unit) == "count":
            return not least.value <= one.value <= most.value
        return not least.to(one.unit) <= one.value <= most.to(one.unit)
    except (UnknownUnit, UnconvertibleUnit):
        return False


def runs_otherwise(dose: Element | None, rate: Element | None) -> bool:
    """Whether the unit of the dose makes it one rate, and another one is stated beside it."""
    one, other = quantity_rate(dose, ""), quantity_rate(rate, "")
    if one is None or other is None:
        return False
    try:
        same = other.amount.to(one.amount.unit) * one.per_seconds
    except (UnknownUnit, UnconvertibleUnit):
        return False
    return same != one.amount.value * other.per_seconds
