"""That a missed dose of a drug is not made up for by a larger one."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.knowledge.ruling import DrugRule

LOOKED_BACK = timedelta(hours=48)
"""A dose that was due so long before another one, or less, may be what that one makes up for (house rule)."""


class MissedDose(DrugRule):
    """After a missed dose the next one is as large as it is ordered, never both doses at once.

    A dose is doubled if it holds what is due and at least the share `of_missed` of what was missed besides.
    """

    kind: ClassVar[str] = "missed-dose"
    label: ClassVar[str] = "missed doses"
    check: ClassVar[str] = "doubled-dose"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    of_missed: Annotated[Decimal, Field(gt=0, le=1)]
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The dose that is told, the missed one before it and what that may have been given for instead."""
        return 2 * LOOKED_BACK + timedelta(hours=24)

    @property
    def said(self) -> str:
        """How much is taken for a doubled dose."""
        return f"{self.severity.value}: the due dose with {plain(self.of_missed * 100)} % of a missed one"
