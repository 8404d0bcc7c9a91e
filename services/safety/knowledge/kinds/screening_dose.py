"""How much each of the trial doses before a pump may be."""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class ScreeningDose(DrugRule):
    """The first trial dose is at most the first of `doses`, the second the second, and so on.

    Doses of the last `within` are one trial. What is given while a pump gives, or for `gap` after it, is no
    part of it.
    """

    kind: ClassVar[str] = "screening-dose"
    label: ClassVar[str] = "screening doses"
    check: ClassVar[str] = "screening-dose"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    doses: Annotated[tuple[Amount, ...], Field(min_length=2)]
    within: Annotated[Span, Field(gt=timedelta(0))]
    gap: Span
    severity: Severity

    @model_validator(mode="after")
    def _rising(self) -> Self:
        units = {dose.unit for dose in self.doses}
        if len(units) > 1 or any(one.value >= next_.value for one, next_ in pairwise(self.doses)):
            raise ValueError("doses rise, all in one unit; write the first one first")
        return self

    @property
    def reach(self) -> timedelta:
        """The trial up to a dose, and the day for which that is told, once more for what is charted late."""
        return self.within + self.gap + timedelta(days=2)

    @property
    def said(self) -> str:
        """Which dose follows which."""
        return f"{self.severity.value}: above {', then '.join(map(str, self.doses))}"
