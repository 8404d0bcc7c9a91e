"""At which ages a drug is forbidden or needs care."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule

Years = Annotated[Decimal, Field(ge=0, le=130)]


class AgeRule(DrugRule):
    """Active in somebody who is at least `age_from` and younger than `age_below` years.

    `exposure`: for how long after a dose the drug counts as active, the policy's window for single events
    where it is not given.
    """

    kind: ClassVar[str] = "age"
    label: ClassVar[str] = "ages"
    check: ClassVar[str] = "age"

    age_from: Years | None = None
    age_below: Years | None = None
    severity: Severity
    exposure: Span | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.age_from is None and self.age_below is None:
            raise ValueError("the row holds at every age; give age_from, age_below or both")
        if self.age_from is not None and self.age_below is not None and self.age_below <= self.age_from:
            raise ValueError("no age is at least age_from and below age_below")
        return self

    @property
    def reach(self) -> timedelta:
        """As long as a dose counts as active."""
        return self.exposure or timedelta(0)

    @property
    def ages(self) -> str:
        """The ages as people say them: "from 65 years", "below 12 years"."""
        bounds = [
            f"{word} {years.normalize():f} years"
            for word, years in (("from", self.age_from), ("below", self.age_below))
            if years is not None
        ]
        return " and ".join(bounds)

    @property
    def said(self) -> str:
        """How bad the drug is at which ages."""
        return f"{self.severity.value}: {self.ages}"
