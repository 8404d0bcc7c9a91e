"""How fast a drug may run into a vein."""

from datetime import timedelta
from typing import ClassVar, Literal

from schemas.base import Severity
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class InfusionRate(DrugRule):
    """At most `at_most` in any `within` (a minute or an hour) of one infusion or injection.

    `per` makes it so much per kilogram of body weight. With `longer_than` the row speaks only of infusions
    that run longer: a bolus that begins them, or is pushed, may be faster, and needs neither rate nor end.
    With `not_in` the row speaks only of patients who do not have a condition. `severity` is for what is far
    above; what is a little above is one lower.
    """

    kind: ClassVar[str] = "rate"
    label: ClassVar[str] = "how fast it may run"
    check: ClassVar[str] = "infusion-rate"

    at_most: Amount
    within: Span
    per: Literal["kg"] | None = None
    longer_than: Span | None = None
    severity: Severity
    not_in: PatientCondition | None = None

    @property
    def spoken(self) -> str:
        """The limit for people: "50 mg/min", "50 ug/kg/min"."""
        per = {timedelta(minutes=1): "min", timedelta(hours=1): "h"}.get(self.within, str(self.within))
        return f"{self.at_most}/{self.per}/{per}" if self.per is not None else f"{self.at_most}/{per}"

    @property
    def said(self) -> str:
        """The limit, and whom it is not for."""
        unless = f", unless {self.not_in.condition}" if self.not_in is not None else ""
        longer = f" beyond {self.longer_than / timedelta(minutes=1):g} min" if self.longer_than else ""
        return f"{self.severity.value}: at most {self.spoken}{longer}{unless}"
