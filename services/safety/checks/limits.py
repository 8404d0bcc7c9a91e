"""Which limit rows apply to a drug in a patient, and which doses fall under a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from schemas.base import Severity
from schemas.clinical import Route
from schemas.issues import SourceRef
from schemas.quantities import Quantity, base, plain
from services.safety.checks.judgement import View, earliest
from services.safety.knowledge.base import KnowledgeBase, source_ref
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


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A limit row made ready for arithmetic: `value` and `hard` in the base unit of `dimension`.

    Above `hard` the ward's tolerance is no excuse (house policy).
    """

    row: Limit
    value: Decimal
    hard: Decimal
    dimension: str
    window: timedelta
    routes: frozenset[Route]
    source: SourceRef
    high_alert: bool

    @property
    def aged(self) -> bool:
        """Whether the row holds for some ages only."""
        return self.row.age_from is not None or self.row.age_below is not None

    def fits(self, age: Decimal) -> bool:
        """Whether the row holds at an age in years."""
        low, high = self.row.age_from, self.row.age_below
        return (low is None or age >= low) and (high is None or age < high)

    def covers(self, route: Route, micro: bool) -> bool:
        """Whether a dose by this route counts for the row."""
        return covers(self.routes, route, micro)

    def counts(self, amount: Amount, route: Route) -> bool:
        """Whether an amount by this route counts for the row."""
        return amount.dimension == self.dimension and self.covers(route, amount.micro)

    def under(self, doses: Iterable[Given]) -> tuple[Given, ...]:
        """The doses that count for the row: done, with a known amount, by a route of the row."""
        return tuple(
            dose for dose in doses if dose.amount is not None and self.counts(dose.amount, dose.route)
        )

    def overshoot(self, total: Decimal) -> Severity:
        """How bad a total above the limit is, by the house policy."""
        return Severity.MAJOR if total > self.hard else Severity.MODERATE


def covers(routes: frozenset[Route], route: Route, micro: bool) -> bool:
    """Whether a dose by this route counts for a row that names `routes`; a row without routes is for all.

    An unknown route counts for oral rows, except where the dose is in micrograms: 50 ug without a route may
    be intrathecal, a thousandfold away from the oral dose space.
    """
    if not routes:
        return True
    if route is Route.UNKNOWN:
        return Route.ORAL in routes and not micro
    return route in routes


@lru_cache(maxsize=16_384)
def rules(knowledge: KnowledgeBase, ingredient: str, kind: LimitKind) -> tuple[Rule, ...]:
    """The rows of one kind for an ingredient, for all ages and routes."""
    drug = knowledge.drug(ingredient)
    found = []
    for row in knowledge.limits(ingredient, kind):
        value, dimension = base(row.value.value, row.value.unit)
        found.append(
            Rule(
                row=row,
                value=value,
                hard=value * knowledge.policy.dose.moderate_up_to,
                dimension=dimension,
                window=row.window,
                routes=frozenset(row.routes),
                source=source_ref(row),
                high_alert=drug is not None and drug.high_alert,
            )
        )
    return tuple(found)


def shown(value: Decimal, limit: Quantity) -> str:
    """An amount in base units as the row's own unit, for people."""
    factor, _ = base(Decimal(1), limit.unit)
    return f"{plain(round(value / factor, 6).normalize() + 0)} {limit.unit}"


def base_unit(dimension: str) -> str:
    """The unit in which amounts of a dimension are kept."""
    return _BASE_UNITS[dimension]


def reaches_age(born_at: datetime, age: Decimal) -> datetime:
    """The instant at which somebody is `age` years of 365.25 days old."""
    return born_at + timedelta(seconds=int(age * _YEAR_SECONDS))


def applicable(
    view: View, ingredient: str, kind: LimitKind
) -> tuple[tuple[Rule, ...], bool, datetime | None]:
    """The rows that apply at the patient's age, whether rows were left out because the age is unknown, and
    when the patient reaches an age at which other rows apply.
    """
    found = rules(view.knowledge, ingredient, kind)
    if not any(rule.aged for rule in found):
        return found, False, None
    person = view.ledger.person
    if person is None or person.born_at is None:
        left_out = any(rule.aged and not rule.row.shadow for rule in found)
        return tuple(rule for rule in found if not rule.aged), left_out, None
    age = Decimal(int((view.now - person.born_at).total_seconds())) / _YEAR_SECONDS
    turns = (
        reaches_age(person.born_at, years)
        for rule in found
        for years in (rule.row.age_from, rule.row.age_below)
        if years is not None
    )
    return tuple(rule for rule in found if rule.fits(age)), False, earliest(view.now, *turns)
