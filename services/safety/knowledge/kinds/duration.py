"""For how long a drug may be given without a break."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class Duration(DrugRule):
    """Given for `at_most`; a break of `gap` and longer begins a new course.

    With `daily_above` only the time counts for which more than that is scheduled in 24 hours: a dose for the
    first days of a treatment, that is lowered then.
    """

    kind: ClassVar[str] = "duration"
    label: ClassVar[str] = "length of treatment"
    check: ClassVar[str] = "duration"

    at_most: Span
    gap: Span
    daily_above: Amount | None = None
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The whole course, and the break before it; orders, which tell a daily dose, are never forgotten."""
        return timedelta(0) if self.daily_above is not None else self.at_most + 2 * self.gap

    @property
    def said(self) -> str:
        """The longest course in days."""
        above = f"above {self.daily_above} a day " if self.daily_above is not None else ""
        return f"{self.severity.value}: {above}for longer than {self.at_most / timedelta(days=1):g} days"
