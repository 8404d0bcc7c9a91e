"""What a patch gives off: its strength is an amount per hour.

A dose in milligrams says what is in a patch and not what comes out of it.
"""

from datetime import timedelta
from decimal import Decimal

from schemas.dosage import Rate
from schemas.issues import NotAssessedReason
from schemas.medications import Route
from schemas.quantities import Quantity, UnknownUnit, base, ucum
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.release import Release
from services.safety.ledger.amounts import Amount

_HOUR = Decimal(3600)
_PER_MILLI = Decimal(1000)


def release_of(knowledge: KnowledgeBase, ingredient: str, route: Route) -> Release | None:
    """How a drug is given off by a route, None where it is all there at once or only a draft says else."""
    if route is not Route.TRANSDERMAL:
        return None
    rows = knowledge.rules_of(ingredient, Release)
    return next((row for row in rows if route in row.routes and not row.depot and not row.shadow), None)


def depot_acts(knowledge: KnowledgeBase, ingredient: str, route: Route) -> timedelta:
    """For how long a depot injection by a route acts; no time where nothing is known of it."""
    rows = knowledge.rules_of(ingredient, Release)
    mine = [row for row in rows if row.depot and route in row.routes and not row.shadow]
    return max((row.worn_for + row.lingers for row in mine), default=timedelta(0))


def given_off(dose: Quantity | None, rate: Rate | None, lasts: timedelta) -> Amount | NotAssessedReason:
    """What a patch gives off while it is worn."""
    hourly = micrograms_per_hour(dose, rate)
    if hourly is None:
        return NotAssessedReason.MISSING_DOSE if dose is None else NotAssessedReason.UNCONVERTIBLE_UNIT
    seconds = Decimal(lasts // timedelta(microseconds=1)) / 1_000_000
    return Amount(round(hourly * seconds / _HOUR / _PER_MILLI, 9), "mass", micro=True)


def micrograms_per_hour(dose: Quantity | None, rate: Rate | None) -> Decimal | None:
    """From a rate, or from a dose whose unit is a mass per hour; None where neither says it."""
    if rate is not None:
        amount = _micrograms(rate.amount.value, rate.amount.unit)
        return amount * _HOUR / rate.per_seconds if amount is not None else None
    if dose is None or dose.unit.count("/") != 1:
        return None
    mass, time = (part.strip() for part in dose.unit.split("/"))
    try:
        hourly = ucum(time) == "h"
    except UnknownUnit:
        return None
    return _micrograms(dose.value, mass) if hourly else None


def _micrograms(value: Decimal, unit: str) -> Decimal | None:
    try:
        milligrams, dimension = base(value, unit)
    except UnknownUnit:
        return None
    return milligrams * _PER_MILLI if dimension == "mass" else None
