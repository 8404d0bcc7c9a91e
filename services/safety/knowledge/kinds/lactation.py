"""Drugs that harm a child who is breastfed by the patient."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class LactationRule(DrugRule):
    """Active while the patient breastfeeds.

    `exposure`: for how long after a dose the drug counts as active, the policy's window for single events
    where it is not given.
    """

    kind: ClassVar[str] = "lactation"
    label: ClassVar[str] = "breastfeeding"
    check: ClassVar[str] = "lactation"

    severity: Severity
    exposure: Span | None = None

    @property
    def reach(self) -> timedelta:
        """As long as a dose counts as active."""
        return self.exposure or timedelta(0)

    @property
    def said(self) -> str:
        """How bad the drug is for the child."""
        return f"{self.severity.value}: while breastfeeding"
