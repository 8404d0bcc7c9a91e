"""For how long a drug may be given without a break."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class Duration(DrugRule):
    """Given for `at_most`; a break of `gap` and longer begins a new course."""

    kind: ClassVar[str] = "duration"
    label: ClassVar[str] = "length of treatment"
    check: ClassVar[str] = "duration"

    at_most: Span
    gap: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The whole course, and the break before it."""
        return self.at_most + 2 * self.gap

    @property
    def said(self) -> str:
        """The longest course in days."""
        return f"{self.severity.value}: for longer than {self.at_most.days} days"
