"""In which conditions a drug is forbidden or needs care."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from services.safety.knowledge.models import EvidenceCode, Name
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class ConditionRule(DrugRule):
    """Active while a condition under one of the `codes` holds, or ever held where `history_counts`.

    `condition` is how staff read it; rows of one drug with the same name speak of the same thing, and the
    worst of them is told. `exposure`: for how long after a dose the drug counts as active, the policy's
    window for single events where it is not given.
    """

    kind: ClassVar[str] = "condition"
    label: ClassVar[str] = "conditions"
    check: ClassVar[str] = "condition"

    condition: Name
    codes: Annotated[tuple[EvidenceCode, ...], Field(min_length=1)]
    severity: Severity
    history_counts: bool = False
    exposure: Span | None = None

    @property
    def reach(self) -> timedelta:
        """As long as a dose counts as active."""
        return self.exposure or timedelta(0)

    @property
    def said(self) -> str:
        """How bad the drug is in which condition."""
        return f"{self.severity.value}: {self.condition}"
