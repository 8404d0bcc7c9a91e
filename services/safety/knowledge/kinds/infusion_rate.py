"""How fast a drug may run into a vein."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class InfusionRate(DrugRule):
    """At most `at_most` in any `within` (a minute or an hour) of one infusion or injection.

    With `not_in` the row speaks only of patients who do not have a condition. `severity` is for what is far
    above; what is a little above is one lower.
    """

    kind: ClassVar[str] = "rate"
    label: ClassVar[str] = "how fast it may run"
    check: ClassVar[str] = "infusion-rate"

    at_most: Amount
    within: Span
    severity: Severity
    not_in: PatientCondition | None = None

    @property
    def spoken(self) -> str:
        """The limit for people: "50 mg/min"."""
        per = {timedelta(minutes=1): "min", timedelta(hours=1): "h"}.get(self.within, str(self.within))
        return f"{self.at_most}/{per}"

    @property
    def said(self) -> str:
        """The limit, and whom it is not for."""
        unless = f", unless {self.not_in.condition}" if self.not_in is not None else ""
        return f"{self.severity.value}: at most {self.spoken}{unless}"
