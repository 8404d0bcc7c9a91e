"""How much of a drug a day may hold once its loading is over."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class Loading(DrugRule):
    """At most `daily_max` in 24 hours from `load_for` after the start on, until a break of `gap`.

    Before only the limits of the drug hold, which leave room for the loading; after a break it loads again.
    """

    kind: ClassVar[str] = "loading"
    label: ClassVar[str] = "after the loading dose"
    check: ClassVar[str] = "loading-dose"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    daily_max: Amount
    load_for: Annotated[Span, Field(gt=timedelta(0))]
    gap: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The loading, the break before it, and the day that is judged."""
        return self.load_for + self.gap + timedelta(hours=48)

    @property
    def said(self) -> str:
        """The most of a day, and from when on."""
        hours = self.load_for / timedelta(hours=1)
        return f"{self.severity.value}: at most {self.daily_max} a day after the first {hours:g} h"
