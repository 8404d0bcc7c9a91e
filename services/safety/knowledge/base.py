"""The knowledge base as checks ask it: every answer is looked up, none is computed while a patient waits.

A base never changes: another version is another object. Only rows of the site's jurisdiction are in it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from schemas.issues import SourceRef
from schemas.medications import Medication, Route
from services.safety.knowledge.childbearing import Childbearing
from services.safety.knowledge.depressants import AlcoholEvidence, AlcoholRule, CnsLoad
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kidneys import Kidneys
from services.safety.knowledge.measurements import Measurement
from services.safety.knowledge.models import Drug, DrugClass, Limit, LimitKind, Row, Withdrawal
from services.safety.knowledge.policy import Policy
from services.safety.knowledge.products import Product
from services.safety.knowledge.ruling import DrugRule
from services.safety.knowledge.ward_rules import WardRules

UTC_ZONE = ZoneInfo("UTC")

_REMEMBERED = 50_000
_NONE: frozenset[str] = frozenset()

AnyRule = TypeVar("AnyRule", bound=DrugRule)


class Recogniser(Protocol):
    """Says what a product holds. The same medication always gives an equal product."""

    def product(self, medication: Medication) -> Product:
        """The product; without contents where it is not known."""
        ...


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """All rows in force at one site, under one version. Compared and hashed by identity.

    `zone` is the facility's: in it stand the clock times of orders and the calendar days of limits. `house`:
    what holds where no ward is known, or one that does as the house; `wards` by their names those that do
    not. `tolerances`: the smallest and the largest of all of them.
    """

    version: str
    drugs: Mapping[str, Drug]
    classes: Mapping[str, DrugClass]
    interactions: tuple[Interaction, ...]
    alcohol_rules: tuple[AlcoholRule, ...]
    alcohol_evidence: AlcoholEvidence
    cns_load: CnsLoad
    policy: Policy
    recogniser: Recogniser
    rules: tuple[DrugRule, ...] = ()
    measurements: Mapping[str, Measurement] = field(default_factory=dict)
    kidneys: Kidneys | None = None
    childbearing: Childbearing | None = None
    zone: ZoneInfo = UTC_ZONE
    house: WardRules = field(init=False)
    wards: Mapping[str, WardRules] = field(init=False)
    tolerances: tuple[timedelta, timedelta] = field(init=False)
    _products: dict[Medication, Product] = field(init=False, default_factory=dict)
    _limits: Mapping[tuple[str, LimitKind], tuple[Limit, ...]] = field(init=False)
    _classes_of: Mapping[str, frozenset[str]] = field(init=False)
    _interactions_of: Mapping[str, tuple[Interaction, ...]] = field(init=False)
    _bystanders: frozenset[str] = field(init=False)
    _rules_of: Mapping[str, tuple[DrugRule, ...]] = field(init=False)

    def __post_init__(self) -> None:
        limits = {
            (name, kind): tuple(row for row in drug.limits if row.kind is kind)
            for name, drug in self.drugs.items()
            for kind in LimitKind
        }
        memberships: dict[str, set[str]] = {}
        for group in self.classes.values():
            for member in group.members:
                memberships.setdefault(member, set()).add(group.id)
        object.__setattr__(self, "_limits", limits)
        object.__setattr__(self, "_classes_of", {name: frozenset(ids) for name, ids in memberships.items()})
        object.__setattr__(self, "_interactions_of", self._by_ingredient())
        looked_for = {name for row in self.interactions for name in row.bystanders}
        object.__setattr__(self, "_bystanders", frozenset(n for s in looked_for for n in self.members(s)))
        object.__setattr__(self, "_rules_of", self._ruled())
        hours = self.policy.hours.times_a_day if self.policy.hours is not None else {}
        house = WardRules(self.policy.dose.tolerance, hours, self.zone)
        wards = {name: house.for_ward(ward) for ward in self.policy.wards for name in ward.names}
        allowed = [each.tolerance for each in (house, *wards.values())]
        object.__setattr__(self, "house", house)
        object.__setattr__(self, "wards", wards)
        object.__setattr__(self, "tolerances", (min(allowed), max(allowed)))

    def _by_ingredient(self) -> Mapping[str, tuple[Interaction, ...]]:
        rows: dict[str, dict[str, Interaction]] = {}
        for row in self.interactions:
            for selector in row.between:
                for ingredient in self.members(selector):
                    rows.setdefault(ingredient, {})[row.id] = row
        return {ingredient: tuple(found.values()) for ingredient, found in rows.items()}

    def _ruled(self) -> Mapping[str, tuple[DrugRule, ...]]:
        found: dict[str, list[DrugRule]] = {}
        for rule in self.rules:
            for ingredient in self.members(rule.subject):
                found.setdefault(ingredient, []).append(rule)
        return {ingredient: tuple(rules) for ingredient, rules in found.items()}

    def product(self, medication: Medication) -> Product:
        """What a medication holds; looked up once for each way of naming it."""
        known = self._products.get(medication)
        if known is None:
            if len(self._products) >= _REMEMBERED:
                self._products.clear()
            known = self._products[medication] = self.recogniser.product(medication)
        return known

    def drug(self, ingredient: str) -> Drug | None:
        """The file of an ingredient."""
        return self.drugs.get(ingredient)

    def high_alert(self, ingredient: str, routes: Collection[Route] = ()) -> bool:
        """Whether mistakes with an ingredient do most harm, or with anything given by the `routes` of a row.

        A row that speaks of other routes too does not say by which the drug was given.
        """
        drug = self.drugs.get(ingredient)
        if drug is not None and drug.high_alert:
            return True
        ways = self.policy.high_alert_routes
        return ways is not None and bool(routes) and set(routes) <= set(ways.any_of)

    def limits(self, ingredient: str, kind: LimitKind) -> tuple[Limit, ...]:
        """The limits of one kind, for all ages and routes."""
        return self._limits.get((ingredient, kind), ())

    def withdrawal(self, ingredient: str) -> tuple[Withdrawal, ...]:
        """The rows on stopping an ingredient."""
        drug = self.drugs.get(ingredient)
        return drug.withdrawal if drug is not None else ()

    def rules_of(self, ingredient: str, kind: type[AnyRule]) -> tuple[AnyRule, ...]:
        """The rules of one kind whose subject is an ingredient or a class of it."""
        return tuple(rule for rule in self._rules_of.get(ingredient, ()) if isinstance(rule, kind))

    def every_rule_of(self, ingredient: str) -> tuple[DrugRule, ...]:
        """The rules of all kinds whose subject is an ingredient or a class of it."""
        return self._rules_of.get(ingredient, ())

    def rules_of_kind(self, kind: type[AnyRule]) -> tuple[AnyRule, ...]:
        """All rules of one kind."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind))

    def classes_of(self, ingredient: str) -> frozenset[str]:
        """The ids of the classes an ingredient belongs to."""
        return self._classes_of.get(ingredient, _NONE)

    def sedating(self, ingredient: str) -> bool:
        """Whether an ingredient counts towards the sedative load."""
        return not self.classes_of(ingredient).isdisjoint(self.cns_load.classes)

    def members(self, selector: str) -> Iterable[str]:
        """The ingredients a selector names."""
        kind, _, name = selector.partition(":")
        if kind == "drug":
            return (name,)
        group = self.classes.get(name)
        return group.members if group is not None else ()

    def selected(self, selector: str, ingredient: str) -> bool:
        """Whether `drug:x` or `class:y` covers an ingredient."""
        kind, _, name = selector.partition(":")
        return name == ingredient if kind == "drug" else name in self.classes_of(ingredient)

    def interactions_of(self, ingredient: str) -> tuple[Interaction, ...]:
        """The interaction rows that name an ingredient or a class of it, on either side."""
        return self._interactions_of.get(ingredient, ())

    def interacts(self, ingredient: str) -> bool:
        """Whether any interaction row names an ingredient, on either side or as a further drug."""
        return ingredient in self._interactions_of or ingredient in self._bystanders

    def is_bystander(self, ingredient: str) -> bool:
        """Whether any interaction row looks for an ingredient beside the two drugs that it is about."""
        return ingredient in self._bystanders

    def exposures_of(self, ingredient: str) -> list[timedelta]:
        """For how long after a dose the interaction rows count an ingredient as active, in any part."""
        found: list[timedelta] = []
        for row in self.interactions_of(ingredient):
            sides = (side for side in row.between if self.selected(side, ingredient))
            found += [row.active_for(side, ingredient) for side in sides]
        if ingredient in self._bystanders:
            found += [
                row.exposure
                for row in self.interactions
                if any(self.selected(selector, ingredient) for selector in row.bystanders)
            ]
        return found


def source_ref(row: Row) -> SourceRef:
    """The row's source as an issue carries it."""
    source = row.source
    return SourceRef(
        row=row.id,
        title=source.title,
        publisher=source.publisher,
        version=source.version,
        section=source.section,
        quote=source.quote,
        certainty=row.certainty.value,
        status=row.status.value,
    )
