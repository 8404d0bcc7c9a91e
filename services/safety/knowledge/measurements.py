"""What is measured of a patient and changes what may be given: kidney function, weight, height."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Contract
from services.safety.knowledge.models import Code, Phrase, RowId, Source
from services.safety.knowledge.notation import Span


class Doubted(StrEnum):
    """What stands where the newest value cannot be used: the one before it, or nothing."""

    PREVIOUS = "previous"
    UNKNOWN = "unknown"


class Leap(Contract):
    """A value that differs by more than `share` of the one before it, `within` so long, is doubted.

    One more value like it confirms it: that no longer differs from the one before it.
    """

    share: Annotated[Decimal, Field(gt=0)]
    within: Span


class MistakenUnit(Contract):
    """A value that is `ratio` times the one before it, or that part of it, `within` so long, is doubted.

    It was written in another unit than it says, as pounds for kilograms. `share`: how far it may be off. One
    more value like it confirms it.
    """

    ratio: Annotated[Decimal, Field(gt=1)]
    share: Annotated[Decimal, Field(gt=0, lt=1)]
    within: Span


class AtAge(Contract):
    """What is plausible in a patient younger than `under`, or of any age; of several the first that fits."""

    under: Span | None = None
    low: Decimal
    high: Decimal


class YoungValidity(Contract):
    """How old a value may be in a patient younger than `under`; of several the first that fits counts."""

    under: Span
    valid_for: Span


class BodyMass(Contract):
    """A weight in kg that makes a body mass index in kg/m2 below `low` or above `high` is doubted."""

    low: Annotated[Decimal, Field(gt=0)]
    high: Decimal


class IdealWeight(Contract):
    """What somebody would weigh without fat, in kg: so much at `from_height` cm, and `by` for `each` cm more.

    For adults from `age_from` years on, of known sex and at least that tall. Who weighs more than
    `obese_above` times that is dosed by it and `share` of what is above it, where a row says so.
    """

    female: Annotated[Decimal, Field(gt=0)]
    male: Annotated[Decimal, Field(gt=0)]
    from_height: Annotated[Decimal, Field(gt=0)]
    by: Annotated[Decimal, Field(gt=0)]
    each: Annotated[Decimal, Field(gt=0)]
    age_from: Decimal
    obese_above: Annotated[Decimal, Field(ge=1)]
    share: Annotated[Decimal, Field(ge=0, le=1)]
    source: Source
    adjusted_source: Source


class Measurement(Contract):
    """One measured quantity: the family of codes that state it, of which the newest value counts.

    `codes` are written `system|code`. `unit` is the UCUM unit in which rows and people speak of it; a value
    that does not convert to it, or lies outside `plausible_from` to `plausible_to`, cannot be used.
    `per_unit`: how much makes one `unit` of a unit that no arithmetic bridges, such as umol/L of creatinine.
    `valid_for`: how old a value may be in the house; `valid_for_ambulatory` elsewhere, if it differs.
    `valid_for_young`: how old it may be in children, the youngest first; where the age is not known, a value
    that no adult has counts as a child's.
    `counts_back`: for doses up to so long before it was taken it counts, where no value was known then.
    `leap`, `mistaken_unit`, `at_age` and `body_mass` say what else is not believed.
    `mosteller`: where body surface was not measured, it is the square root of height in cm times weight in kg
    divided by this.
    `ideal`: what a body weight without fat is, for rows that count by it.
    """

    id: RowId
    label: Phrase
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    unit: Code
    plausible_from: Decimal = Decimal(0)
    plausible_to: Decimal
    doubted: Doubted = Doubted.UNKNOWN
    per_unit: dict[Code, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    valid_for: Span
    valid_for_ambulatory: Span | None = None
    valid_for_young: tuple[YoungValidity, ...] = ()
    counts_back: Span | None = None
    leap: Leap | None = None
    mistaken_unit: MistakenUnit | None = None
    at_age: tuple[AtAge, ...] = ()
    body_mass: BodyMass | None = None
    mosteller: Annotated[Decimal, Field(gt=0)] | None = None
    ideal: IdealWeight | None = None
    source: Source


class MeasurementsFile(Contract):
    """measurements.yaml. A site's entry replaces the shipped one of the same id."""

    measurements: tuple[Measurement, ...]
