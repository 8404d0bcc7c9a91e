"""From how many morphine equivalents a day on opioids need a second look."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class OpioidLoad(DrugRule):
    """`mme` or more within `window`, over all drugs of the subject together."""

    kind: ClassVar[str] = "opioid-load"
    label: ClassVar[str] = "opioid load"
    check: ClassVar[str] = "opioid-load"

    mme: Annotated[Decimal, Field(gt=0)]
    window: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The window."""
        return self.window

    @property
    def said(self) -> str:
        """The threshold."""
        return f"{self.severity.value}: from {self.mme} MME a day"
