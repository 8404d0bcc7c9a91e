"""How much of a drug a patient may have had in a lifetime."""

from datetime import timedelta
from typing import ClassVar, Literal

from schemas.base import Severity
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount
from services.safety.knowledge.ruling import LIFELONG, DrugRule


class LifetimeDose(DrugRule):
    """At most `value` in all, or so much per square metre of body surface.

    Holds while the patient has the condition of `only_in`, for everybody where none is named.
    """

    kind: ClassVar[str] = "lifetime"
    label: ClassVar[str] = "lifetime doses"
    check: ClassVar[str] = "lifetime-dose"

    value: Amount
    per: Literal["m2"] | None = None
    only_in: PatientCondition | None = None
    severity: Severity

    @property
    def reach(self) -> timedelta:
        """No dose is ever too old to count."""
        return LIFELONG

    @property
    def limit(self) -> str:
        """The value as people read it: "550 mg/m2"."""
        return f"{self.value}/{self.per}" if self.per is not None else str(self.value)

    @property
    def said(self) -> str:
        """The most of a lifetime."""
        where = f" in {self.only_in.condition}" if self.only_in is not None else ""
        return f"{self.severity.value}: more than {self.limit} in a lifetime{where}"
