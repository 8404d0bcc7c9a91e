"""Rows about doses and intervals by kidney function, made ready for arithmetic; which advice holds when."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from schemas.quantities import Quantity, base
from services.safety.checks.amounts.limits import covers
from services.safety.checks.doses.interval_breach import Least, least_by
from services.safety.checks.judgement import View
from services.safety.checks.patient.kidney_bands import band_of, band_said
from services.safety.checks.patient.kidneys import KidneyFunction, kidney_function, kidney_function_at
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.renal import RenalDose
from services.safety.knowledge.kinds.renal_schedule import RenalSchedule, ScheduleAdvice
from services.safety.knowledge.models import LimitKind
from services.safety.knowledge.products import FormRelease
from services.safety.ledger.amounts import Amount


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """An advice made ready: amounts in base units, each with its dimension; `below` is its band's edge."""

    advice: ScheduleAdvice
    single: tuple[Decimal, str] | None
    above: tuple[Decimal, str] | None
    wait: Least | None
    below: Decimal | None

    def too_large(self, amount: Amount | None) -> bool:
        """Whether an amount is more than the largest dose."""
        if self.single is None or amount is None:
            return False
        value, dimension = self.single
        return amount.dimension == dimension and amount.value > value

    def unclear(self, amount: Amount | None) -> bool:
        """Whether the advice goes by amounts and this one cannot be held against them."""
        asked = [each for each in (self.single, self.above) if each is not None]
        return any(amount is None or amount.dimension != dimension for _, dimension in asked)

    def waits(self, amount: Amount | None) -> bool:
        """Whether a dose of this amount has to wait."""
        if self.above is None:
            return True
        value, dimension = self.above
        return amount is not None and amount.dimension == dimension and amount.value > value


@dataclass(frozen=True, slots=True, eq=False)
class ScheduleRule:
    """A row made ready; `dialysis` is what holds there.

    `alone`: no row about the day asks for the kidneys; `amounts_asked`: a limit of the drug asks for amounts.
    """

    row: RenalSchedule
    bands: tuple[Held, ...]
    dialysis: Held
    routes: frozenset[Route]
    source: SourceRef
    alone: bool
    amounts_asked: bool

    @property
    def asks_amounts(self) -> bool:
        """Whether it has to be said that an amount is not known: not by a draft, nor if a limit says it."""
        return not self.row.shadow and not self.amounts_asked

    def speaks_of(self, route: Route, amount: Amount | None, release: FormRelease | None) -> bool:
        """Whether the row is for that way of giving and such a product."""
        asked = self.row.release
        if asked is not None and not FormRelease.counts(release, asked):
            return False
        return covers(self.routes, route, amount is not None and amount.micro)

    def against(self, kidneys: KidneyFunction) -> KidneyFunction:
        """Kidneys of which a result beyond the range of its method tells enough for the bands."""
        return kidneys.against(band.below for band in self.row.bands)

    def held(self, kidneys: KidneyFunction) -> Held | None:
        """What holds for kidneys, None where they are not known or good enough."""
        if kidneys.dialysis:
            return self.dialysis
        if kidneys.value is None:
            return None
        place = band_of(self.row.bands, kidneys)
        return None if place is None else self.bands[place]


@dataclass(frozen=True, slots=True)
class Bound:
    """The advice that holds for one dose or order, and the kidneys that it rests on."""

    held: Held
    kidneys: KidneyFunction

    @property
    def said(self) -> str:
        """The band for people."""
        return band_said(self.held.below, self.kidneys)


@lru_cache(maxsize=4_096)
def schedules(knowledge: KnowledgeBase, ingredient: str) -> tuple[ScheduleRule, ...]:
    """The rows about a drug."""
    daily = [row for row in knowledge.rules_of(ingredient, RenalDose) if not row.shadow]
    found = []
    for row in knowledge.rules_of(ingredient, RenalSchedule):
        bands = tuple(_held(knowledge, band, band.below) for band in row.bands)
        dialysis = bands[-1] if row.dialysis is None else _held(knowledge, row.dialysis, None)
        asked = any(not each.routes or set(row.routes) <= set(each.routes) for each in daily)
        routes = frozenset(row.routes)
        limited = any(
            routes & set(each.routes) for kind in LimitKind for each in knowledge.limits(ingredient, kind)
        )
        found.append(ScheduleRule(row, bands, dialysis, routes, source_ref(row), not asked, limited))
    return tuple(found)


def _held(knowledge: KnowledgeBase, advice: ScheduleAdvice, below: Decimal | None) -> Held:
    wait = least_by(knowledge.policy.dose, advice.at_least) if advice.at_least is not None else None
    return Held(advice, _ready(advice.single_max), _ready(advice.doses_above), wait, below)


def _ready(amount: Quantity | None) -> tuple[Decimal, str] | None:
    return None if amount is None else base(amount.value, amount.unit)


def bound(view: View, rule: ScheduleRule, at: datetime) -> Bound | None:
    """What holds for a dose given at an instant: by the kidneys then, or where nobody knew them, by now's."""
    kidneys: KidneyFunction | None = None
    if at < view.now:
        kidneys = rule.against(kidney_function_at(view, rule.row.measure, at))
    if kidneys is None or not kidneys.known:
        kidneys = rule.against(kidney_function(view, rule.row.measure)[0])
    held = rule.held(kidneys)
    return None if held is None else Bound(held, kidneys)
