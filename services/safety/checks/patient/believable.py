"""Whether a value fits what else is known: no leap from the one before, no body that cannot be, no patient
who was not born, no other unit than is written.

Pounds written as kilograms, grams as kilograms and slips of the decimal point show in this way.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from schemas.clinical import FUTURE_TOLERANCE
from services.safety.knowledge.measurements import AtAge, BodyMass, Leap, MistakenUnit

_CM_PER_M = Decimal(100)


def leaps(rule: Leap, value: Decimal, earlier: Iterable[Decimal]) -> bool:
    """Whether a value lies too far from the newest of the earlier ones."""
    before = next(iter(earlier), None)
    return before is not None and abs(value - before) > rule.share * before


def mistakes_unit(rule: MistakenUnit, value: Decimal, earlier: Iterable[Decimal]) -> bool:
    """Whether a value is what the newest of the earlier ones would be in the unit that is mistaken for it."""
    before = next(iter(earlier), None)
    if not before or not value:
        return False
    larger, smaller = max(value, before), min(value, before)
    return abs(larger / smaller - rule.ratio) <= rule.share * rule.ratio


def fits_age(rules: Iterable[AtAge], value: Decimal, born_at: datetime, at: datetime) -> bool:
    """Whether somebody may have a value at the age of an instant."""
    rule = next((each for each in rules if each.under is None or at - born_at < each.under), None)
    return rule is None or rule.low <= value <= rule.high


def fits_body(rule: BodyMass, kilograms: Decimal, centimetres: Decimal) -> bool:
    """Whether weight and height make a body mass index that people have."""
    metres = centimetres / _CM_PER_M
    return rule.low <= kilograms / (metres * metres) <= rule.high


def before_birth(born_at: datetime, instant: datetime) -> bool:
    """Whether an instant lies before birth for sure: earlier than the clocks of two sources may differ.

    `born_at` is the first moment of a birth date that is known to the day or month.
    """
    return born_at - instant > FUTURE_TOLERANCE
