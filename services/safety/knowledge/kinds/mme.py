"""How much morphine by mouth a dose of an opioid stands for."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from services.safety.knowledge.models import Phrase
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class MmeFactor(DrugRule):
    """Morphine milligram equivalents of one mg by the `routes`; without `factor` the table gives none.

    With `worn_for` the drug is a patch: the factor is per ug/h, and a patch counts as a day's equivalents for
    as long as it is worn. `table` is the published table and its year: figures of two tables do not compare.
    """

    kind: ClassVar[str] = "mme"
    label: ClassVar[str] = "morphine equivalents"
    check: ClassVar[str] = "opioid-load"

    factor: Annotated[Decimal, Field(gt=0)] | None = None
    worn_for: Span | None = None
    table: Annotated[Phrase, Field(min_length=4)]

    @property
    def reach(self) -> timedelta:
        """A patch counts until it comes off."""
        return self.worn_for or timedelta(0)

    @property
    def said(self) -> str:
        """The factor and its unit."""
        if self.factor is None:
            return f"no factor in {self.table}"
        return f"{self.factor} per {'ug/h' if self.worn_for else 'mg'}, {self.table}"
