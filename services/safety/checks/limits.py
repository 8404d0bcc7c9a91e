"""Which limit rows apply to a drug in a patient, and which doses fall under a row."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from schemas.base import Severity
from schemas.clinical import Route
from schemas.quantities import Quantity, base, plain
from services.safety.checks.judgement import View
from services.safety.knowledge.models import Limit, LimitKind
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given

_YEAR_SECONDS = Decimal("31557600")
_BASE_UNITS = {
    "mass": "mg",
    "volume": "mL",
    "substance": "mmol",
    "charge": "meq",
    "international-unit": "[iU]",
    "enzyme-unit": "U",
    "count": "1",
}


@lru_cache(maxsize=4096)
def bound(value: Quantity) -> Amount:
    """A limit's value in the base unit of its dimension."""
    number, dimension = base(value.value, value.unit)
    return Amount(number, dimension)


def shown(value: Decimal, limit: Quantity) -> str:
    """An amount in base units as the row's own unit, for people."""
    factor, _ = base(Decimal(1), limit.unit)
    return f"{plain(round(value / factor, 6).normalize() + 0)} {limit.unit}"


def base_unit(dimension: str) -> str:
    """The unit in which amounts of a dimension are kept."""
    return _BASE_UNITS[dimension]


def age_years(view: View) -> Decimal | None:
    """The patient's age at the view's instant, in years of 365.25 days."""
    person = view.ledger.person
    if person is None or person.born_at is None:
        return None
    return Decimal(int((view.now - person.born_at).total_seconds())) / _YEAR_SECONDS


def applicable(view: View, ingredient: str, kind: LimitKind) -> tuple[tuple[Limit, ...], bool]:
    """The rows that apply at the patient's age, and whether rows were left out because the age is unknown."""
    rows = view.knowledge.limits(ingredient, kind)
    if not any(row.age_from is not None or row.age_below is not None for row in rows):
        return rows, False
    age = age_years(view)
    unbounded = tuple(row for row in rows if row.age_from is None and row.age_below is None)
    if age is None:
        left_out = any(row not in unbounded and not row.shadow for row in rows)
        return unbounded, left_out
    fitting = tuple(
        row
        for row in rows
        if (row.age_from is None or age >= row.age_from) and (row.age_below is None or age < row.age_below)
    )
    return fitting, False


def falls_under(row: Limit, route: Route, micro: bool) -> bool:
    """Whether a dose by this route counts for the row.

    An unknown route counts for oral rows, except where the dose is in micrograms: 50 ug without a route may be
    intrathecal, a thousandfold away from the oral dose space.
    """
    if route is Route.UNKNOWN:
        return Route.ORAL in row.routes and not micro
    return route in row.routes


def under(row: Limit, doses: Iterable[Given]) -> tuple[Given, ...]:
    """The doses that count for the row: done, with a known amount of the row's dimension, by a row's route."""
    dimension = bound(row.value).dimension
    return tuple(
        dose
        for dose in doses
        if dose.amount is not None
        and dose.amount.dimension == dimension
        and falls_under(row, dose.route, dose.amount.micro)
    )


def overshoot(total: Decimal, limit: Decimal, view: View) -> Severity:
    """How bad a total above its limit is, by the house policy."""
    beyond = total > limit * view.knowledge.policy.dose.moderate_up_to
    return Severity.MAJOR if beyond else Severity.MODERATE
