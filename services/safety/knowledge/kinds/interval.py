"""How long to wait from one dose of a drug to the next."""

from datetime import timedelta
from typing import ClassVar

from schemas.base import Severity
from services.safety.knowledge.models import PatientCondition
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule

_LATE = timedelta(days=3)


class Interval(DrugRule):
    """From one dose to the next pass `at_least`, whatever the products and orders that the doses are of.

    With `not_in` the row speaks only of patients who do not have a condition. With `after_more_than` it is
    for what follows a larger dose: of a depot for a month, and not of one for a week.
    """

    kind: ClassVar[str] = "interval"
    label: ClassVar[str] = "time between doses"
    check: ClassVar[str] = "dose-interval"

    at_least: Span
    after_more_than: Amount | None = None
    severity: Severity
    not_in: PatientCondition | None = None

    @property
    def reach(self) -> timedelta:
        """The dose before, as long again for which it is told, and once more for what is charted late.

        Of intervals of weeks no more than the days that what is charted late may take.
        """
        return 2 * self.at_least + min(self.at_least, _LATE)

    @property
    def said(self) -> str:
        """How long to wait."""
        hours = self.at_least.total_seconds() / 3600
        unless = f", unless {self.not_in.condition}" if self.not_in is not None else ""
        after = f" after more than {self.after_more_than}" if self.after_more_than is not None else ""
        return f"{self.severity.value}: at least {hours:g} h from dose to dose{after}{unless}"
