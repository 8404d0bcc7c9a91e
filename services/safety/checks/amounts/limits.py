"""Limit rows made ready for arithmetic, and which doses fall under a row."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter

from pydantic import JsonValue

from schemas.base import Severity
from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import Quantity, base, plain
from services.safety.checks.patient.body_surface import BodySurface
from services.safety.checks.patient.dosing_weight import DosingWeight
from services.safety.checks.patient.measured import Reading
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.models import Limit, LimitKind, Reckoning
from services.safety.knowledge.products import AskedRelease, FormRelease
from services.safety.ledger.amounts import Amount
from services.safety.ledger.entries import Given

_BASE_UNITS = {
    "mass": "mg",
    "volume": "mL",
    "substance": "mmol",
    "charge": "meq",
    "international-unit": "[iU]",
    "enzyme-unit": "U",
    "phenytoin-equivalent": "mg{PE}",
    "count": "1",
}

AMOUNT_UNITS = frozenset(_BASE_UNITS.values())
"""The units in which amounts of drugs are kept."""

_CLOCKS_CHANGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A limit row made ready for arithmetic: `value` and `hard` in the base unit of `dimension`.

    Above `hard` the ward's tolerance is no excuse (house policy). A row per kilogram or per square metre has
    the value for the patient's body; `weight` is the reading used for that, or to tell that a row for some
    weights holds, `dosed_by` the adjusted one that stands in its place, and `surface` the body surface used.
    `condition` are the entities that state the condition which the row is for.
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
    dosed_by: DosingWeight | None = None
    surface: BodySurface | None = None
    condition: tuple[str, ...] = ()
    by_calendar: bool = field(init=False)
    """Whether calendar days are its windows."""
    longest: timedelta = field(init=False)
    """How long a window of the row may be: a calendar day is up to an hour longer than 24."""

    def __post_init__(self) -> None:
        by_calendar = self.row.reckoning is Reckoning.CALENDAR_DAY
        object.__setattr__(self, "by_calendar", by_calendar)
        object.__setattr__(self, "longest", self.window + _CLOCKS_CHANGE if by_calendar else self.window)

    @property
    def aged(self) -> bool:
        """Whether the row holds for some ages only."""
        return self.row.age_from is not None or self.row.age_below is not None

    @property
    def weighed(self) -> bool:
        """Whether the row needs the body weight."""
        row = self.row
        return row.per == "kg" or row.weight_from is not None or row.weight_below is not None

    @property
    def adjusted(self) -> bool:
        """Whether the row needs to know what the obese would weigh without most of their fat."""
        return self.row.weight == "adjusted"

    @property
    def surfaced(self) -> bool:
        """Whether the row needs the body surface."""
        return self.row.per == "m2"

    @property
    def conditional(self) -> bool:
        """Whether the row is for patients with, or without, some condition."""
        return self.row.only_in is not None or self.row.not_in is not None

    @property
    def said(self) -> str:
        """The limit for people: "80 mg", "3000 mg (75 mg/kg, 40 kg)", "2000 mg (in liver disease)"."""
        notes = []
        if self.row.per is not None:
            notes.append(f"{self.row.value}/{self.row.per}")
        if self.dosed_by is not None:
            notes.append(f"{plain(self.dosed_by.value)} kg{self.dosed_by.how and ', '}{self.dosed_by.how}")
        elif self.weight is not None:
            notes.append(("" if self.row.per == "kg" else "at ") + f"{plain(self.weight.value)} kg")
        if self.surface is not None:
            notes.append(f"{plain(self.surface.value)} m2")
        if self.row.release is not None:
            notes.append(f"{self.row.release} release")
        if self.row.only_in is not None:
            notes.append(f"in {self.row.only_in.condition}")
        value = str(self.row.value) if self.row.per is None else shown(self.value, self.row.value)
        return f"{value} ({', '.join(notes)})" if notes else value

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The observations and conditions that the limit itself rests on."""
        weight: tuple[str, ...] = (self.weight.entity,) if self.weight is not None else ()
        if self.dosed_by is not None:
            weight = self.dosed_by.entities
        surface = self.surface.entities if self.surface is not None else ()
        return (*weight, *surface, *self.condition)

    @property
    def shown_patient(self) -> dict[str, JsonValue]:
        """What of the patient the limit rests on, as evidence."""
        told: dict[str, JsonValue] = {}
        if self.weight is not None:
            told["body_weight"] = {
                "entity": self.weight.entity,
                "at": self.weight.at.isoformat(),
                "kg": plain(self.weight.value),
            }
        if self.dosed_by is not None:
            told["dosing_weight"] = self.dosed_by.shown
        if self.surface is not None:
            told["body_surface"] = self.surface.shown
        if self.row.only_in is not None:
            told["condition"] = {
                "condition": self.row.only_in.condition,
                "entities": list(self.condition),
            }
        return told

    def fits(self, age: Decimal) -> bool:
        """Whether the row holds at an age in years."""
        return _within(age, self.row.age_from, self.row.age_below)

    def at_weight(self, weight: Reading, dosed_by: DosingWeight | None = None) -> "Rule | None":
        """The row for a body weight in kg, and the one it goes by; None where it does not hold for it."""
        if not _within(weight.value, self.row.weight_from, self.row.weight_below):
            return None
        factor = Decimal(1)
        if self.row.per == "kg":
            factor = weight.value if dosed_by is None else dosed_by.value
        value, hard = self.value * factor, self.hard * factor
        return replace(self, value=value, hard=hard, weight=weight, dosed_by=dosed_by)

    def at_surface(self, surface: BodySurface) -> "Rule":
        """The row for a body surface in m2."""
        factor = surface.value
        return replace(self, value=self.value * factor, hard=self.hard * factor, surface=surface)

    def covers(self, route: Route, micro: bool) -> bool:
        """Whether a dose by this route counts for the row."""
        return covers(self.routes, route, micro)

    def of_form(self, release: FormRelease | None) -> bool:
        """Whether products of this release count; unknown ones do only where the row is for all."""
        return FormRelease.counts(release, self.row.release)

    def counts(self, amount: Amount, route: Route, release: FormRelease | None) -> bool:
        """Whether an amount by this route, of a product of this release, counts for the row."""
        return (
            amount.dimension == self.dimension and self.of_form(release) and self.covers(route, amount.micro)
        )

    def under(self, doses: tuple[Given, ...]) -> tuple[Given, ...]:
        """The doses that count for the row: done, with a known amount, by its routes and of its release."""
        return counting(doses, self.dimension, self.routes, self.row.release)

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


_kind = attrgetter("kind")


def counting(
    doses: tuple[Given, ...],
    dimension: str,
    routes: frozenset[Route],
    release: AskedRelease | None = None,
) -> tuple[Given, ...]:
    """The doses with an amount in a dimension, by one of some routes, of a release; where these are named.

    A depot injection gives off over weeks what it holds: it is no dose of a day, and counts only where depots
    are asked for.
    """
    kinds = set(map(_kind, doses))
    counted = {
        kind
        for kind in kinds
        if kind.dimension == dimension
        and FormRelease.counts(kind.release, release)
        and covers(routes, kind.route, kind.micro)
    }
    if len(counted) == len(kinds):
        return doses
    return tuple(dose for dose in doses if dose.kind in counted) if counted else ()


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
                window=row.counts_back,
                routes=frozenset(row.routes),
                source=source_ref(row),
                high_alert=knowledge.high_alert(ingredient, row.routes),
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
