"""How fast the daily dose of a drug may be raised."""

from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class Titration(DrugRule):
    """One rise of the daily dose is at most `step`, and comes no sooner than `every` after the last one.

    The start counts as a rise. A rise is judged until `every` has passed at the new dose.
    """

    kind: ClassVar[str] = "titration"
    label: ClassVar[str] = "titration"
    check: ClassVar[str] = "titration"

    step: Amount
    every: Span
    severity: Severity

    @property
    def said(self) -> str:
        """The step and the time between two steps."""
        hours = int(self.every.total_seconds() // 3600)
        return f"{self.severity.value}: rises by more than {self.step} in {hours} h"
