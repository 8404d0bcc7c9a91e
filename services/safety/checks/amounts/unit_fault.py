"""A dose so far beyond its limit that its unit is wrong rather than its number: milligrams for micrograms."""

from decimal import Decimal

from pydantic import JsonValue

_FAULT_FROM = Decimal(100)
"""House rule: a thousand times a usual dose, which may be a tenth of the largest, is a hundred times that."""


def unit_doubt(largest: Decimal, limit: Decimal) -> str:
    """What people are asked where one dose is so much more than its limit; else nothing."""
    if not is_unit_fault(largest, limit):
        return ""
    times = int(largest / limit)
    return f"That is {times} times the limit: was the unit mistaken (mg for ug, g for mg)? "


def unit_fault(largest: Decimal, limit: Decimal) -> dict[str, JsonValue]:
    """The same as evidence."""
    return {"suspected_unit_fault": True} if is_unit_fault(largest, limit) else {}


def is_unit_fault(largest: Decimal, limit: Decimal) -> bool:
    """Whether one dose, in the unit of its limit, is a hundred times that or more."""
    return limit > 0 and largest >= _FAULT_FROM * limit
