"""How much of a drug a day makes somebody used to it and to drugs like it."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.medications import Route
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class Tolerance(DrugRule):
    """From `daily_from` a day on by the `routes`, from `per_hour_from` of a patch, or from `mme_from` on.

    `mme_from`, in morphine equivalents a day, is for the drugs of a class without a row of their own. A patch
    counts for `worn_for`, unless it comes off before.
    """

    kind: ClassVar[str] = "tolerance"
    label: ClassVar[str] = "what makes used to it"
    check: ClassVar[str] = "naive-dose"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    daily_from: Amount | None = None
    per_hour_from: Amount | None = None
    worn_for: Span | None = None
    mme_from: Annotated[Decimal, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(each is not None for each in (self.daily_from, self.per_hour_from, self.mme_from)) != 1:
            raise ValueError("say how much in one way; write one of daily_from, per_hour_from and mme_from")
        if (self.per_hour_from is None) != (self.worn_for is None):
            raise ValueError("a patch has per_hour_from and worn_for; write both or none")
        return self

    @property
    def reach(self) -> timedelta:
        """A patch counts until it comes off."""
        return self.worn_for or timedelta(0)

    @property
    def said(self) -> str:
        """The amount and its time."""
        if self.per_hour_from is not None:
            return f"from {self.per_hour_from}/h on"
        return f"from {self.daily_from or f'{self.mme_from} MME'} a day on"
