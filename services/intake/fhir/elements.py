"""FHIR's small data types: quantities, rates, times, references."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from schemas.dosage import Rate
from schemas.quantities import Quantity, UnknownUnit, base, ucum
from services.intake.decimals import rounded
from services.intake.door import Door
from services.intake.reading import Unreadable

NO_UNIT = "{unstated}"
"""The unit of a dose whose source states none: no check can calculate with it, and none should."""
_NEVER = 2900
_UCUM_SYSTEM = "http://unitsofmeasure.org"
_MOMENT = re.compile(
    r"^(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR dateTime in UTC. `precision` is year, month, day or time; a day begins at the facility's
    midnight.
    """

    at: datetime
    precision: str
    assumed_tz: bool

    @property
    def end(self) -> datetime:
        """The end of what was stated: the day's last instant for a date, the instant itself for a time."""
        days = {"day": 1, "month": 31, "year": 366}.get(self.precision, 0)
        return self.at + timedelta(days=days)


def moment(value: object, door: Door, name: str) -> Moment | None:
    """A dateTime or instant, None where it is absent. Raises `Unreadable`."""
    if value is None:
        return None
    found = _MOMENT.match(value) if isinstance(value, str) else None
    if found is None or not isinstance(value, str):
        raise Unreadable("bad-time", f"{name} is no FHIR dateTime", name)
    precision = "time" if "T" in value else "day" if found["day"] else "month" if found["month"] else "year"
    padded = value if precision in ("time", "day") else value + ("-01" if precision == "month" else "-01-01")
    try:
        at, assumed = door.instant(datetime.fromisoformat(padded))
    except (ValueError, OverflowError) as error:
        raise Unreadable("bad-time", f"{name} is no possible time", name) from error
    return Moment(at, precision, assumed)


def ending(value: object, door: Door, name: str) -> Moment | None:
    """When something ends, None where it is not said or is never ("9999-12-31"). Raises `Unreadable`."""
    if (
        isinstance(value, str)
        and (found := _MOMENT.match(value)) is not None
        and is_never(int(found["year"]))
    ):
        return None
    return moment(value, door, name)


def is_never(year: int) -> bool:
    """Whether an end in that year stands for none.

    House rule: from the year 2900 on. Systems whose ends cannot be empty write 2999, 3000 or 9999.
    """
    return year >= _NEVER


def decimal(value: object, name: str) -> Decimal | None:
    """A number, None where it is absent. Raises `Unreadable`; a negative one is the caller's to judge."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Unreadable("wrong-schema", f"{name} is not a number", name)
    try:
        return rounded(Decimal(value))
    except Unreadable as error:
        raise error.within(name) from error


def unit_of(element: dict[str, Any]) -> str:
    """The unit as stated: the UCUM code where it is one, else whichever of unit and code is understood; both,
    with which nobody can calculate, where each is understood and they differ (g, coded as mg).
    """
    code, unit = (str(element.get(name) or "").strip()[:64] for name in ("code", "unit"))
    if code != unit and _differ(code, unit):
        return f"{unit} or {code}".replace("/", " per ")[:64]
    if element.get("system") == _UCUM_SYSTEM and code:
        return code
    for candidate in (code, unit):
        try:
            if candidate and ucum(candidate):
                return candidate
        except UnknownUnit:
            continue
    return unit or code


def _differ(one: str, other: str) -> bool:
    """Whether two units measure the same and are not of the same size."""
    (first, _, per), (second, _, by) = one.partition("/"), other.partition("/")
    try:
        return per.lower() == by.lower() and _of_two_sizes(first, second)
    except UnknownUnit:
        pass
    try:
        return _of_two_sizes(one, other)
    except UnknownUnit:
        return False


def _of_two_sizes(one: str, other: str) -> bool:
    (first, dimension), (second, of) = base(Decimal(1), one), base(Decimal(1), other)
    return dimension == of and first != second


def quantity(element: object, name: str, *, without_unit: str = NO_UNIT) -> Quantity | None:
    """A Quantity, None where it or its value is absent, or where it is only a bound (a comparator stands
    before it). Raises `Unreadable` for a negative one.
    """
    if element is None:
        return None
    if not isinstance(element, dict):
        raise Unreadable("wrong-schema", f"{name} is not a Quantity", name)
    value = decimal(element.get("value"), name)
    if value is None or element.get("comparator"):
        return None
    if value < 0:
        raise Unreadable("negative-value", f"{name} is negative", name)
    try:
        return Quantity(value=value, unit=unit_of(element) or without_unit)
    except ValidationError as error:
        raise Unreadable("wrong-schema", f"{name} is no possible amount", name) from error


def seconds(element: object, name: str) -> Decimal | None:
    """A Duration in seconds, None where it is absent or its unit is no unit of time."""
    span = quantity(element, name)
    if span is None:
        return None
    try:
        value, dimension = base(span.value, span.unit)
    except UnknownUnit:
        return None
    return value if dimension == "time" and value > 0 else None


def ratio_rate(element: object, name: str) -> Rate | None:
    """A Ratio of an amount and a time; None where the denominator is no time."""
    if not isinstance(element, dict):
        return None
    amount = quantity(element.get("numerator"), f"{name}.numerator")
    per = seconds(element.get("denominator"), f"{name}.denominator")
    return Rate(amount=amount, per_seconds=per) if amount is not None and per is not None else None


def quantity_rate(element: object, name: str) -> Rate | None:
    """A Quantity whose unit ends in a time ("mL/h", "ug/kg/min"); None where it does not."""
    stated = quantity(element, name)
    if stated is None or "/" not in stated.unit:
        return None
    amount_unit, _, time_unit = stated.unit.rpartition("/")
    try:
        per, dimension = base(Decimal(1), time_unit)
    except UnknownUnit:
        return None
    if dimension != "time":
        return None
    return Rate(amount=Quantity(value=stated.value, unit=amount_unit), per_seconds=per)
