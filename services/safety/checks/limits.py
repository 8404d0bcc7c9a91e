"""Limit rows made ready for arithmetic, and which doses fall under a row."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.clinical import Route
from schemas.issues import SourceRef
from schemas.quantities import Quantity, base, plain
from services.safety.checks.measured import Reading
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Limit, LimitKind
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given

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

    Above `hard` the ward's tolerance is no excuse (house policy). A row per kilogram has the value for the
    patient's weight; `weight` is then, or where the row holds for some weights only, the reading used.
    """

    row: Limit
    value: Decimal
    hard: Decimal
    dimension: str
    window: timedelta
    routes: frozenset[Route]
    source: SourceRef
    high_alert: bool
    weight: Reading | None = None

    @property
    def aged(self) -> bool:
        """Whether the row holds for some ages only."""
        return self.row.age_from is not None or self.row.age_below is not None

    @property
    def weighed(self) -> bool:
        """Whether the row needs the body weight."""
        row = self.row
        return row.per is not None or row.weight_from is not None or row.weight_below is not None

    @property
    def said(self) -> str:
        """The limit for people: "80 mg", "3000 mg (75 mg/kg, 40 kg)"."""
        if self.weight is None:
            return str(self.row.value)
        weight = f"{plain(self.weight.value)} kg"
        if self.row.per is None:
            return f"{self.row.value} (at {weight})"
        return f"{shown(self.value, self.row.value)} ({self.row.value}/{self.row.per}, {weight})"

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The observations that the limit itself rests on."""
        return (self.weight.entity,) if self.weight is not None else ()

    @property
    def shown_weight(self) -> dict[str, JsonValue]:
        """The body weight as evidence, where it was used."""
        if self.weight is None:
            return {}
        used: JsonValue = {
            "entity": self.weight.entity,
            "at": self.weight.at.isoformat(),
            "kg": plain(self.weight.value),
        }
        return {"body_weight": used}

    def fits(self, age: Decimal) -> bool:
        """Whether the row holds at an age in years."""
        return _within(age, self.row.age_from, self.row.age_below)

    def at_weight(self, weight: Reading) -> "Rule | None":
        """The row for a body weight in kg; None where it does not hold for it."""
        if not _within(weight.value, self.row.weight_from, self.row.weight_below):
            return None
        factor = weight.value if self.row.per is not None else Decimal(1)
        return replace(self, value=self.value * factor, hard=self.hard * factor, weight=weight)

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


def _within(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)


@lru_cache(maxsize=16_384)
def rules(knowledge: KnowledgeBase, ingredient: str, kind: LimitKind) -> tuple[Rule, ...]:
    """The rows of one kind for an ingredient, for all ages and routes."""
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
                high_alert=knowledge.high_alert(ingredient),
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
