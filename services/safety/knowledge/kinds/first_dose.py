"""How much of a drug somebody may start with who is not used to it."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from schemas.base import Severity
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class FirstDose(DrugRule):
    """A patient without the drug for `naive_for` starts with at most `daily_max` in 24 hours.

    The start is judged for `watched_for`; later the body is used to it, or titration speaks. With `per: kg`
    it is so much for each kilogram of body weight. Holds from `age_from` years to below `age_below`.
    """

    kind: ClassVar[str] = "first-dose"
    label: ClassVar[str] = "starting doses"
    check: ClassVar[str] = "first-dose"

    daily_max: Amount
    naive_for: Span
    watched_for: Span
    severity: Severity
    per: Literal["kg"] | None = None
    age_from: Decimal | None = None
    age_below: Decimal | None = None

    @property
    def aged(self) -> bool:
        """Whether it holds for some ages only."""
        return self.age_from is not None or self.age_below is not None

    @property
    def reach(self) -> timedelta:
        """Whether somebody is naive is asked of the days before the start."""
        return self.naive_for + self.watched_for + timedelta(hours=24)

    @property
    def said(self) -> str:
        """The most for the first day, and who it is for."""
        days = self.naive_for.days
        most = str(self.daily_max) if self.per is None else f"{self.daily_max}/{self.per}"
        return f"{self.severity.value}: starts above {most} a day after {days} days without it"
