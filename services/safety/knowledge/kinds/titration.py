"""How fast the daily dose of a drug may be raised."""

from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class Titration(DrugRule):
    """One rise of the daily dose comes no sooner than `every` after the last one, and is not too large.

    It is at most `step`, or a `share` of the dose before (0.3 is 30 per cent), counted and shown in the UCUM
    unit of `step` or in that of `counted_in`. The start counts as a rise. A rise is judged until `every` has
    passed at the new dose. With `only_in` the row speaks only of patients who have a condition.
    """

    kind: ClassVar[str] = "titration"
    label: ClassVar[str] = "titration"
    check: ClassVar[str] = "titration"

    step: Amount | None = None
    share: Annotated[Decimal, Field(gt=0)] | None = None
    counted_in: Amount | None = None
    every: Span
    severity: Severity
    only_in: PatientCondition | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.step is None) == (self.share is None):
            raise ValueError("say how large a rise may be: give either step or share")
        if (self.share is None) != (self.counted_in is None):
            raise ValueError('a share needs counted_in, such as "1 ug", and a step has its own unit')
        return self

    @property
    def unit_amount(self) -> Amount:
        """An amount in the unit in which the drug is counted."""
        amount = self.step or self.counted_in
        if amount is None:
            raise ValueError("a row without step has counted_in")
        return amount

    @property
    def most(self) -> str:
        """How large a rise may be: "15 mg", "30 %"."""
        return str(self.step) if self.share is None else f"{plain(self.share * 100)} %"

    @property
    def said(self) -> str:
        """The step and the time between two steps."""
        hours = int(self.every.total_seconds() // 3600)
        where = f" in {self.only_in.condition}" if self.only_in is not None else ""
        return f"{self.severity.value}: rises by more than {self.most} in {hours} h{where}"
