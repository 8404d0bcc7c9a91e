"""What reduced kidney function means for the dose of a drug."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Protocol, Self

from pydantic import Field, model_validator

from schemas.quantities import plain
from services.safety.knowledge.kinds.dose_advice import DoseAdvice
from services.safety.knowledge.products import AskedRelease
from services.safety.knowledge.ruling import DrugRule


class KidneyMeasure(StrEnum):
    """`egfr` in mL/min/1.73 m2, `clearance` (of creatinine) in mL/min.

    In the obese a clearance goes by the adjusted weight, unless by `clearance-by-actual-weight`.
    """

    EGFR = "egfr"
    CLEARANCE = "clearance"
    CLEARANCE_BY_ACTUAL_WEIGHT = "clearance-by-actual-weight"


def falling(edges: Sequence[Decimal]) -> None:
    """Raises ValueError where the edges of bands do not fall."""
    if list(edges) != sorted(set(edges), reverse=True):
        raise ValueError("the bands do not fall; list them from the highest to the lowest below")


class Advice(Protocol):
    """Advice that can be said in a few words."""

    @property
    def advised(self) -> str: ...


class Band(Advice, Protocol):
    """Advice that holds below an edge."""

    @property
    def below(self) -> Decimal: ...


def said_by_bands(
    measure: KidneyMeasure, bands: Sequence[Band], dialysis: Advice | None, release: AskedRelease | None
) -> str:
    """Bands of kidney function, and dialysis, in a line."""
    told = [f"below {plain(band.below)}: {band.advised}" for band in bands]
    if dialysis is not None:
        told.append(f"dialysis: {dialysis.advised}")
    form = f", {release} release" if release is not None else ""
    return f"{measure.value}{form}; " + "; ".join(told)


class RenalBand(DoseAdvice):
    """The advice below `below`, down to the next lower band."""

    below: Annotated[Decimal, Field(gt=0)]


class RenalDose(DrugRule):
    """Bands of kidney function; at or above the highest `below` the rule says nothing.

    With a `release` it speaks of products only of which that is known.
    """

    kind: ClassVar[str] = "renal"
    label: ClassVar[str] = "kidney function"
    check: ClassVar[str] = "renal-dose"

    measure: KidneyMeasure
    release: AskedRelease | None = None
    bands: Annotated[tuple[RenalBand, ...], Field(min_length=1)]
    dialysis: DoseAdvice | None = None

    @model_validator(mode="after")
    def _falling(self) -> Self:
        falling([band.below for band in self.bands])
        return self

    @property
    def said(self) -> str:
        """The bands in a line."""
        return said_by_bands(self.measure, self.bands, self.dialysis, self.release)
