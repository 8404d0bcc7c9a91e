"""How much a pump may begin with after a trial dose."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from schemas.medications import Route
from schemas.quantities import plain
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class ScreenedStart(DrugRule):
    """A pump begins with at most `times` the last screening dose in a day, given `screened_within` before.

    It begins with an infusion or a scheduled order after a break of `gap`, and is judged for `watched_for`.
    """

    kind: ClassVar[str] = "screened-start"
    label: ClassVar[str] = "pumps after screening"
    check: ClassVar[str] = "screened-start"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    times: Annotated[Decimal, Field(gt=0)]
    screened_within: Annotated[Span, Field(gt=timedelta(0))]
    gap: Span
    watched_for: Span
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """The screening, and the begin of the pump after it."""
        return self.screened_within + self.watched_for + self.gap

    @property
    def said(self) -> str:
        """How much more than the screening dose a day may hold."""
        return f"{self.severity.value}: begins above {plain(self.times)} times the screening dose a day"
