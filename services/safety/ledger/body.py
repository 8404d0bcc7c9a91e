"""Doses stated per kilogram of body weight or per square metre of body surface.

The ledger holds what was stated: it says for which drugs the body is needed, and never what the body is. That
may be measured later, or be corrected.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from immutables import Map

from schemas.clinical import Order
from schemas.dosage import Dosage
from schemas.issues import NotAssessedReason
from schemas.quantities import Quantity, plain
from services.safety.knowledge.base import KnowledgeBase

BODY_WEIGHT, BODY_HEIGHT, BODY_SURFACE = "body-weight", "body-height", "body-surface"
BODY = (BODY_SURFACE, BODY_WEIGHT, BODY_HEIGHT)
"""The measurements by which a stated dose may be worked out."""

KILOGRAM, SQUARE_METRE = "kg", "m2"
_SPELLINGS = {"kg": KILOGRAM, "m2": SQUARE_METRE, "m²": SQUARE_METRE, "m^2": SQUARE_METRE}


@dataclass(frozen=True, slots=True)
class Size:
    """A body weight in kg or a body surface in m2, what states it, and since when that is known.

    `taken_after`: only after the dose that is worked out with it.
    """

    value: Decimal
    unit: str
    entities: tuple[str, ...]
    known_at: datetime
    taken_after: bool = False

    def __str__(self) -> str:
        later = " (taken after the dose)" if self.taken_after else ""
        return f"{plain(self.value)} {self.unit}{later}"


@dataclass(frozen=True, slots=True)
class Body:
    """Weight and surface of a patient at some instant, or what is missing to tell them."""

    weight: Size | NotAssessedReason
    surface: Size | NotAssessedReason

    def per(self, unit: str) -> Size | NotAssessedReason:
        """What a dose per this unit is multiplied by."""
        return self.weight if unit == KILOGRAM else self.surface


MISSING = {KILOGRAM: NotAssessedReason.MISSING_WEIGHT, SQUARE_METRE: NotAssessedReason.MISSING_HEIGHT}
"""What keeps a dose per kg or m2 from being an amount where nothing is known of the body."""

UNMEASURED = Body(MISSING[KILOGRAM], MISSING[SQUARE_METRE])
"""Nothing is known of the body."""


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """How an amount came from what was stated: "5 mg/kg x 70 kg = 350 mg"."""

    stated: Quantity
    size: Size

    @property
    def made(self) -> Decimal:
        """The amount in `unit`."""
        return self.stated.value * self.size.value

    @property
    def unit(self) -> str:
        """The unit that was stated, without the body in it."""
        return bare_unit(self.stated.unit)

    def __str__(self) -> str:
        return f"{self.stated} x {self.size} = {plain(self.made)} {self.unit}"


@lru_cache(maxsize=1_024)
def per_body(unit: str) -> tuple[str, str] | None:
    """A unit per kg or m2 as the unit without it, and which it is: "ug/kg" -> ("ug", "kg"); else None."""
    first, *divisors = (part.strip() for part in unit.split("/"))
    found = [_SPELLINGS[part.lower()] for part in divisors if part.lower() in _SPELLINGS]
    if len(found) != 1:
        return None
    return "/".join((first, *(part for part in divisors if part.lower() not in _SPELLINGS))), found[0]


def bare_unit(unit: str) -> str:
    """A unit without any body in it."""
    split = per_body(unit)
    return split[0] if split is not None else unit


def stated_by_body(dosage: Dosage) -> tuple[Quantity, ...]:
    """The quantities of a dosage that are stated per kg or m2: dose, rate and maxima."""
    doses = (dosage.dose_low, dosage.dose_high, dosage.rate.amount if dosage.rate is not None else None)
    stated = (*doses, *(cap.amount for cap in dosage.max_dose))
    return tuple(each for each in stated if each is not None and "/" in each.unit and per_body(each.unit))


def ordered_by_body(order: Order) -> bool:
    """Whether anything of an order is stated per kg or m2."""
    return any(map(stated_by_body, order.dosages))


def recounted(by_body: Map[str, int], ingredient: str, by: int) -> Map[str, int]:
    """How many entries of each drug the body is needed for, with so many more or less of one drug."""
    if not by:
        return by_body
    left = by_body.get(ingredient, 0) + by
    return by_body.set(ingredient, left) if left else by_body.delete(ingredient)


@lru_cache(maxsize=8)
def body_inputs(knowledge: KnowledgeBase) -> frozenset[str]:
    """The inputs whose change may change the body: how old a value may be goes by age and stay."""
    known = (knowledge.measurements.get(name) for name in BODY)
    return frozenset({"person", "encounters"}).union(*(each.codes for each in known if each is not None))
