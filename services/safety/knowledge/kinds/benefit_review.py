"""When it must be asked whether a drug does any good."""

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from services.safety.knowledge.models import Code
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.ruling import DrugRule


class BenefitReview(DrugRule):
    """Due `after` the scheduled daily dose reached `at_daily`, unless its effect was documented since then.

    `effects` are the codes, `system|code`, of the observations that document it, whatever their value is.
    """

    kind: ClassVar[str] = "benefit-review"
    label: ClassVar[str] = "reviews of benefit"
    check: ClassVar[str] = "benefit-review"

    at_daily: Amount
    after: Span
    effects: Annotated[tuple[Code, ...], Field(min_length=1)]
    severity: Severity

    @property
    def said(self) -> str:
        """The dose, and for how long it is tried."""
        return f"{self.severity.value}: any benefit {self.after.days} d after reaching {self.at_daily} a day"
