"""Doses of a drug that look like one dose charted twice."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class DoubleCharting(DrugRule):
    """Two entries of the same amount by the same route, at most `within` apart; told for `told_for`."""

    kind: ClassVar[str] = "double-charting"
    label: ClassVar[str] = "double charting"
    check: ClassVar[str] = "double-charting"

    within: Span
    told_for: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """For as long as it is told, and the time between the two entries."""
        return self.within + self.told_for

    @property
    def said(self) -> str:
        """How near is too near."""
        minutes = int(self.within.total_seconds() // 60)
        return f"{self.severity.value}: the same dose twice within {minutes} min"
