"""How long a dose into a vein must take."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class InfusionTime(DrugRule):
    """A dose takes `at_least` so long; with `doses_above` the row speaks only of larger doses.

    `severity` is for what is far too short; what is a little too short is one lower.
    """

    kind: ClassVar[str] = "infusion-time"
    label: ClassVar[str] = "how long a dose must take"
    check: ClassVar[str] = "infusion-time"

    at_least: Span
    doses_above: Amount | None = None
    severity: Severity

    @property
    def minutes(self) -> str:
        """The shortest time for people."""
        return f"{self.at_least / timedelta(minutes=1):g} min"

    @property
    def said(self) -> str:
        """The shortest time, and of which doses."""
        larger = f" for more than {self.doses_above}" if self.doses_above is not None else ""
        return f"{self.severity.value}: over at least {self.minutes}{larger}"
