"""How fast a drug may run into a vein."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from schemas.base import Severity
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class InfusionRate(DrugRule):
    """At most `at_most` in any `within` (a minute or an hour) of one infusion or injection.

    `per` makes it so much per kilogram of body weight. With `longer_than` the row speaks only of infusions
    that run longer: a bolus that begins them, or is pushed, may be faster, and needs neither rate nor end.
    With `not_in` the row speaks only of patients who do not have a condition, with `age_from` and `age_below`
    only of those of an age in years, and of those whose age is not known. `severity` is for what is far
    above; what is a little above is one lower. `only_above`: the unit may mean another amount of the drug, so
    that what is above is surely too fast, and of what is not nobody knows.
    """

    kind: ClassVar[str] = "rate"
    label: ClassVar[str] = "how fast it may run"
    check: ClassVar[str] = "infusion-rate"

    at_most: Amount
    within: Span
    per: Literal["kg"] | None = None
    longer_than: Span | None = None
    age_from: Decimal | None = None
    age_below: Decimal | None = None
    severity: Severity
    not_in: PatientCondition | None = None
    only_above: bool = False

    @property
    def aged(self) -> bool:
        """Whether it is for some ages only."""
        return self.age_from is not None or self.age_below is not None

    def is_for(self, age: Decimal | None) -> bool:
        """Whether it speaks of somebody of an age, None where that is not known."""
        if age is None:
            return True
        young = self.age_from is not None and age < self.age_from
        return not young and (self.age_below is None or age < self.age_below)

    @property
    def ages(self) -> str:
        """The ages for people: "from 18 years", "below 18 years", or nothing."""
        from_, below = (
            f"{word} {years:g} years" if years is not None else ""
            for word, years in (("from", self.age_from), ("below", self.age_below))
        )
        return " and ".join(filter(None, (from_, below)))

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
        ages = f", {self.ages}" if self.aged else ""
        return f"{self.severity.value}: at most {self.spoken}{longer}{ages}{unless}"
