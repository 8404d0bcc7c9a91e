"""Numbers and units (NM with CE, CQ) as FHIR quantities, so that both formats are held to the same rules."""

import re
from decimal import Decimal
from typing import Any

from services.intake.decimals import rounded
from services.intake.fhir.elements import NO_UNIT, quantity, quantity_rate
from services.intake.hl7v2.faults import Misread
from services.intake.hl7v2.message import Field, Segment

Element = dict[str, Any]
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})")
_UCUM = frozenset({"UCUM", "http://unitsofmeasure.org", "2.16.840.1.113883.6.8"})
_DIGITS = 12
"""Before the decimal point, as the contract holds them."""
_SPAN = re.compile(r"([SMHDWL])(\d{1,6})", re.IGNORECASE)
_SPAN_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def plain_number(text: str) -> Decimal | None:
    """The number a text is, None where it is anything else ("75 mg", "<5", "1e3") or too large to be one."""
    bare = text.strip()
    found = Decimal(bare) if _NUMBER.fullmatch(bare) else None
    return rounded(found) if found is not None and found.adjusted() < _DIGITS else None


def number(segment: Segment, at: int) -> Decimal | None:
    """A number from 0 up, None where the field is empty. Raises `Misread`: never is a part of a text taken
    for it.
    """
    field = segment.field(at)
    if not field:
        return None
    found = plain_number(field.whole)
    if found is None:
        raise Misread("bad-number", "is not a number, or too large a one", segment, at)
    if found < 0:
        raise Misread("negative-value", "is negative", segment, at)
    return found


def unit_element(unit: Field, value: Decimal) -> Element:
    """A FHIR Quantity of a value and a coded unit. What is written as unit stays the unit, whatever it
    says: "75 mg" is one that nobody can calculate with.
    """
    code, text, named, _, other = unit.components(5)[:5]
    system = "http://unitsofmeasure.org" if named in _UCUM else ""
    return {"value": value, "code": code, "unit": text or other, "system": system}


def element(segment: Segment, value_at: int, unit_at: int) -> Element | None:
    """The Quantity of a value's field and a unit's field, None without a value. Raises `Misread`."""
    value = number(segment, value_at)
    if value is None:
        return None
    return unit_element(segment.field(unit_at), value)


def span(text: str) -> Element | None:
    """A span of time such as "H8" or "D5" as a FHIR Duration; None where it is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or not int(found[2]):
        return None
    unit = _SPAN_UNITS[found[1].upper()]
    return {"value": Decimal(found[2]), "code": unit, "unit": unit}


def rate_elements(amount: Element | None, per: str) -> Element:
    """The amount as a part of a FHIR dosage: a rate where its unit ends in a time ("mg/hr") or where `per`
    names one ("H1"), else nothing.
    """
    if amount is None:
        return {}
    if "/" in amount["code"] + amount["unit"] and quantity_rate(amount, "") is not None:
        return {"rateQuantity": amount}
    time = span(per)
    return {"rateRatio": {"numerator": amount, "denominator": time}} if time is not None else {}


def words(amount: Element | None) -> str:
    """How an amount reads, empty where it has no unit."""
    found = quantity(amount, "")
    return "" if found is None or found.unit == NO_UNIT else str(found)
