"""Amounts with UCUM units, exact in `Decimal`. What cannot be converted is refused, never guessed.

The table holds the codes that doses, strengths and laboratory values of this product use, not all of UCUM.
Factors between units of one dimension are exact by definition (SI prefixes, UCUM 2.1 sections 29, 30, 43).
Moles, equivalents (also of phenytoin), international units and countable forms are dimensions of their own:
only a sourced molar mass, valence or strength may bridge them, and that is knowledge, not arithmetic.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Contract

_EXACT: dict[str, tuple[str, Decimal]] = {
    "kg": ("mass", Decimal("1000000")),
    "g": ("mass", Decimal("1000")),
    "mg": ("mass", Decimal("1")),
    "ug": ("mass", Decimal("0.001")),
    "ng": ("mass", Decimal("0.000001")),
    "[lb_av]": ("mass", Decimal("453592.37")),
    "[oz_av]": ("mass", Decimal("28349.523125")),
    "L": ("volume", Decimal("1000")),
    "dL": ("volume", Decimal("100")),
    "mL": ("volume", Decimal("1")),
    "uL": ("volume", Decimal("0.001")),
    "mol": ("substance", Decimal("1000")),
    "mmol": ("substance", Decimal("1")),
    "umol": ("substance", Decimal("0.001")),
    "eq": ("charge", Decimal("1000")),
    "meq": ("charge", Decimal("1")),
    "[iU]": ("international-unit", Decimal("1")),
    "k[iU]": ("international-unit", Decimal("1000")),
    "M[iU]": ("international-unit", Decimal("1000000")),
    "U": ("enzyme-unit", Decimal("1")),
    "mg{PE}": ("phenytoin-equivalent", Decimal("1")),
    "1": ("count", Decimal("1")),
    "ms": ("time", Decimal("0.001")),
    "s": ("time", Decimal("1")),
    "min": ("time", Decimal("60")),
    "h": ("time", Decimal("3600")),
    "d": ("time", Decimal("86400")),
    "wk": ("time", Decimal("604800")),
    "mo": ("time", Decimal("2629800")),
    "a": ("time", Decimal("31557600")),
    "cm": ("length", Decimal("1")),
    "m": ("length", Decimal("100")),
    "[in_i]": ("length", Decimal("2.54")),
    "[ft_i]": ("length", Decimal("30.48")),
    "mg/dL": ("mass-concentration", Decimal("1")),
    "g/L": ("mass-concentration", Decimal("100")),
    "g/dL": ("mass-concentration", Decimal("1000")),
    "mg/L": ("mass-concentration", Decimal("0.1")),
    "ug/mL": ("mass-concentration", Decimal("0.1")),
    "mg/mL": ("mass-concentration", Decimal("100")),
    "ug/dL": ("mass-concentration", Decimal("0.001")),
    "ug/L": ("mass-concentration", Decimal("0.0001")),
    "ng/mL": ("mass-concentration", Decimal("0.0001")),
    "nmol/L": ("substance-concentration", Decimal("0.001")),
    "umol/L": ("substance-concentration", Decimal("1")),
    "mmol/L": ("substance-concentration", Decimal("1000")),
    "meq/L": ("charge-concentration", Decimal("1")),
    "U/L": ("enzyme-concentration", Decimal("1")),
    "[iU]/L": ("international-unit-concentration", Decimal("1")),
    "m[iU]/L": ("international-unit-concentration", Decimal("0.001")),
    "u[iU]/mL": ("international-unit-concentration", Decimal("0.001")),
    "/uL": ("number-concentration", Decimal("1")),
    "10*3/uL": ("number-concentration", Decimal("1000")),
    "10*9/L": ("number-concentration", Decimal("1000")),
    "10*6/L": ("number-concentration", Decimal("1")),
    "{INR}": ("count", Decimal("1")),
    "mL/min": ("flow", Decimal("1")),
    "mL/min/{1.73_m2}": ("indexed-flow", Decimal("1")),
    "%": ("fraction", Decimal("1")),
}
_SPELLINGS = {
    "mcg": "ug", "µg": "ug", "μg": "ug", "microgram": "ug", "micrograms": "ug",
    "milligram": "mg", "milligrams": "mg", "gm": "g", "gram": "g", "grams": "g", "kilogram": "kg",
    "lb": "[lb_av]", "lbs": "[lb_av]", "pound": "[lb_av]", "pounds": "[lb_av]",
    "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]",
    "ml": "mL", "milliliter": "mL", "l": "L", "cc": "mL", "dl": "dL",
    "mEq": "meq", "mEq.": "meq", "MEQ": "meq", "milliequivalent": "meq",
    "IU": "[iU]", "iu": "[iU]", "[IU]": "[iU]", "unit": "U", "units": "U", "UNIT": "U", "UNT": "U",
    "unt": "U",
    "mg PE": "mg{PE}", "mg pe": "mg{PE}", "mgpe": "mg{PE}", "mg{pe}": "mg{PE}",
    "MG": "mg", "MCG": "ug", "ML": "mL", "GM": "g", "G": "g",
    "hr": "h", "hour": "h", "hours": "h", "minute": "min", "minutes": "min",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "day": "d", "days": "d",
    "mg/dl": "mg/dL", "ml/min": "mL/min", "mL/min/1.73m2": "mL/min/{1.73_m2}",
    "mL/min/1.73_m2": "mL/min/{1.73_m2}", "mL/min/{1.73m2}": "mL/min/{1.73_m2}",
    "mL/min/{1.73_m²}": "mL/min/{1.73_m2}", "mL/min/1.73m²": "mL/min/{1.73_m2}",
    "mEq/L": "meq/L", "meq/l": "meq/L", "mmol/l": "mmol/L", "mcg/mL": "ug/mL", "mcg/L": "ug/L",
    "ng/ml": "ng/mL", "ug/ml": "ug/mL", "IU/L": "[iU]/L", "IU/l": "[iU]/L", "U/l": "U/L", "mIU/L": "m[iU]/L",
    "uIU/mL": "u[iU]/mL", "uIU/ml": "u[iU]/mL", "K/uL": "10*3/uL", "k/uL": "10*3/uL", "10^3/uL": "10*3/uL",
    "x10E3/uL": "10*3/uL", "10^9/L": "10*9/L", "x10^9/L": "10*9/L", "cells/uL": "/uL", "INR": "{INR}",
}  # fmt: skip
_COUNTABLE = frozenset({
    "tab", "tabs", "tablet", "tablets", "cap", "caps", "capsule", "capsules", "supp", "suppository", "patch",
    "ptch", "drp", "drop", "drops", "puff", "puffs", "neb", "ampule", "ampoule", "amp", "vial", "syr",
    "syringe", "pill", "lozenge", "packet", "pkt", "troche", "spray", "appl", "film", "each", "dose",
})  # fmt: skip


class UnknownUnit(ValueError):
    """The unit is not one this product can calculate with."""


class UnconvertibleUnit(ValueError):
    """Both units are known, and no arithmetic leads from one to the other."""


def ucum(unit: str) -> str:
    """The UCUM code for a unit as sources spell it, for example "mcg" -> "ug", "TAB" -> "{tablet}".

    Countable forms become annotations of the unity ("{tablet}", "{patch}"). Raises `UnknownUnit`.
    """
    text = unit.strip()
    if text in _EXACT:
        return text
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    bare = text.strip("{}[]").lower()
    if bare in _COUNTABLE:
        return "{" + _SINGULAR.get(bare, bare) + "}"
    lowered = text.lower()
    if lowered in _SPELLINGS:
        return _SPELLINGS[lowered]
    if lowered in _EXACT:
        return lowered
    raise UnknownUnit(f"unit {unit!r} is not a UCUM code this product knows")


_SINGULAR = {
    "tab": "tablet", "tabs": "tablet", "tablets": "tablet", "cap": "capsule", "caps": "capsule",
    "capsules": "capsule", "supp": "suppository", "ptch": "patch", "drp": "drop", "drops": "drop",
    "puffs": "puff", "ampule": "ampoule", "amp": "ampoule", "syr": "syringe", "pkt": "packet",
}  # fmt: skip


def dimension(unit: str) -> str:
    """The dimension of a UCUM code, "count" for annotations such as "{tablet}". Raises `UnknownUnit`."""
    code = ucum(unit)
    return "count" if code.startswith("{") else _EXACT[code][0]


def codes(of: str | None = None) -> tuple[str, ...]:
    """Every UCUM code known here, of one dimension if it is named; countable forms are of "count"."""
    counted = sorted("{" + name + "}" for name in {_SINGULAR.get(form, form) for form in _COUNTABLE})
    known = [*_EXACT, *counted]
    return tuple(code for code in known if of is None or dimension(code) == of)


def base(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """`value` in the base unit of its dimension (mg, mL, mmol, ...), and the dimension.

    Raises `UnknownUnit`.
    """
    code = ucum(unit)
    if code.startswith("{"):
        return value, "count"
    name, factor = _EXACT[code]
    return value * factor, name


def convert(value: Decimal, unit: str, to: str) -> Decimal:
    """`value` of `unit` expressed in `to`, exactly. Raises `UnknownUnit` or `UnconvertibleUnit`."""
    source, target = ucum(unit), ucum(to)
    if source == target:
        return value
    if dimension(source) != dimension(target) or source.startswith("{") or target.startswith("{"):
        raise UnconvertibleUnit(f"{unit!r} cannot be converted to {to!r}")
    return value * _EXACT[source][1] / _EXACT[target][1]


class Quantity(Contract):
    """An amount as its source stated it; `unit` may be a code that no check can use, never invented."""

    value: Annotated[Decimal, Field(ge=0, max_digits=24, decimal_places=12)]
    unit: Annotated[str, StringConstraints(min_length=1, max_length=64)]

    def to(self, unit: str) -> Decimal:
        """The value in `unit`. Raises `UnknownUnit` or `UnconvertibleUnit`."""
        return convert(self.value, self.unit, unit)

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


def plain(value: Decimal) -> str:
    """A number as people write it: no exponent, no trailing zeros ("20", not "2E+1" or "20.00")."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
