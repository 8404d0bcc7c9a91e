"""How amounts and spans of time are written in a knowledge file: "80 mg", "1 {tablet}", "24 h", "7 d".

A number that YAML read as a number is refused where a unit belongs: 80 of what?
"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from schemas.quantities import Quantity, UnknownUnit, base, codes, dimension, ucum

_WRITTEN = re.compile(r"^(?P<value>\d+(?:\.\d+)?) (?P<unit>\S+)$")


def amount(written: object) -> object:
    """A `Quantity` from "80 mg". The unit must be the UCUM code itself, not another spelling of it."""
    if isinstance(written, Quantity):
        return written
    value, unit = _parts(written, '"80 mg"')
    return Quantity(value=value, unit=unit)


def span(written: object) -> object:
    """A `timedelta` from "24 h"."""
    if isinstance(written, timedelta):
        return written
    value, unit = _parts(written, '"24 h"')
    if dimension(unit) != "time":
        raise ValueError(f"{written!r} is no span of time; write it as s, min, h, d or wk")
    seconds, _ = base(value, unit)
    return timedelta(microseconds=int(seconds * 1_000_000))


def _parts(written: object, example: str) -> tuple[Decimal, str]:
    found = _WRITTEN.match(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is not a number and a unit; write it like {example}")
    unit = found["unit"]
    try:
        code = ucum(unit)
    except UnknownUnit as error:
        raise ValueError(
            f"unknown unit {unit!r}; write a UCUM code such as mg, ug, mL, h or {{tablet}}"
        ) from error
    if code != unit:
        raise ValueError(f"unit {unit!r} is another spelling of {code!r}; write {code!r}")
    return Decimal(found["value"]), unit


def _written(of: str | None, description: str, *examples: str) -> WithJsonSchema:
    """How editors check it: a number, a space and a known unit."""
    units = "|".join(re.escape(code) for code in codes(of))
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[0-9]+(\.[0-9]+)? ({units})$",
            "description": description,
            "examples": list(examples),
        }
    )


_AMOUNT = "An amount with its UCUM unit; quotes are needed where there are braces."
_SPAN = "A span of time, in s, min, h, d, wk, mo or a."

Amount = Annotated[
    Quantity, BeforeValidator(amount), _written(None, _AMOUNT, "80 mg", "100 ug", "1 {tablet}")
]
"""A quantity written as "80 mg"."""
Span = Annotated[timedelta, BeforeValidator(span), _written("time", _SPAN, "24 h", "7 d", "30 min")]
"""A span of time written as "24 h"."""
