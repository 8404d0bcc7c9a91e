"""How much of a drug, how often and how long, as a prescription instructs (FHIR Dosage)."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Instant, Several, ShortText
from schemas.medications import Route
from schemas.quantities import Quantity


class Rate(Contract):
    """An amount per time, for example 5 mg per 3600 seconds."""

    amount: Quantity
    per_seconds: Annotated[Decimal, Field(gt=0)]


class MaxDose(Contract):
    """At most `amount` within `period_seconds` (FHIR maxDosePerPeriod)."""

    amount: Quantity
    period_seconds: Annotated[Decimal, Field(gt=0)]


class Dosage(Contract):
    """One dosage instruction. A dose range keeps both ends; `times_high` per `period_seconds` likewise.

    All amounts are per single dose. Absent schedule fields mean the source did not structure them.
    """

    sequence: Annotated[int, Field(ge=0)] = 1
    text: ShortText = ""
    route: Route = Route.UNKNOWN
    dose_low: Quantity | None = None
    dose_high: Quantity | None = None
    rate: Rate | None = None
    times_low: Annotated[Decimal, Field(gt=0)] | None = None
    times_high: Annotated[Decimal, Field(gt=0)] | None = None
    period_seconds: Annotated[Decimal, Field(gt=0)] | None = None
    times_of_day: Several[str] = ()
    once: bool = False
    as_needed: bool = False
    max_dose: Several[MaxDose] = ()
    starts_at: Instant | None = None
    ends_at: Instant | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValueError("the dosage ends before it starts")
        return self
