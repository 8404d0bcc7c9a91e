"""How much of a drug somebody may start with who is not used to it."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class FirstDose(DrugRule):
    """A patient without the drug for `naive_for` starts with at most `daily_max` in 24 hours.

    The start is judged for `watched_for`; later the body is used to it, or titration speaks.
    """

    kind: ClassVar[str] = "first-dose"
    label: ClassVar[str] = "starting doses"
    check: ClassVar[str] = "first-dose"

    daily_max: Amount
    naive_for: Span
    watched_for: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """Whether somebody is naive is asked of the days before the start."""
        return self.naive_for + self.watched_for + timedelta(hours=24)

    @property
    def said(self) -> str:
        """The most for the first day, and who it is for."""
        days = self.naive_for.days
        return f"{self.severity.value}: starts above {self.daily_max} a day after {days} days without it"
