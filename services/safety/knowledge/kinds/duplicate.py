"""Drugs that do the same, of which a patient should have one."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.line_flush import LineFlush
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class Duplicate(DrugRule):
    """One drug of `subject` at a time (`together`), and one order of each of them (`repeated`).

    A dose without a known order counts as the drug being in use for `exposure`. Two orders of one drug count
    once they have overlapped for `overlap`: a transfer enters the new order before it stops the old one. With
    `as_needed_exempt` a scheduled drug beside one as needed is normal practice. With `flush` a dose that only
    keeps a line open is no use of a drug.
    """

    kind: ClassVar[str] = "duplicate"
    label: ClassVar[str] = "duplicates"
    check: ClassVar[str] = "duplicate-therapy"

    together: Severity | None = None
    repeated: Severity | None = None
    exposure: Span
    overlap: Span
    as_needed_exempt: bool = False
    exempt_routes: tuple[Route, ...] = ()
    flush: LineFlush | None = None

    @property
    def reach(self) -> timedelta:
        """A dose without an order is looked at for the exposure."""
        return self.exposure

    @property
    def said(self) -> str:
        """What is one too many, and how bad it is."""
        drugs = f"{self.together.value}: two drugs of {self.subject}" if self.together else ""
        orders = f"{self.repeated.value}: two orders of one drug" if self.repeated else ""
        return "; ".join(part for part in (drugs, orders) if part)
