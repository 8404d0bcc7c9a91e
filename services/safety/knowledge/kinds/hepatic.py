"""What a sick liver means for the dose of a drug."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.safety.knowledge.kinds.dose_advice import DoseAdvice
from services.safety.knowledge.models import EvidenceCode, Name
from services.safety.knowledge.ruling import DrugRule


class HepaticDose(DoseAdvice, DrugRule):
    """The advice that holds while a condition under one of the `codes` does.

    `condition` is how staff read it. Under `perhaps` stand the codes of a liver that may be as bad as that or
    not, such as a cirrhosis whose Child-Pugh class no code tells: then the advice is a question.
    """

    kind: ClassVar[str] = "hepatic"
    label: ClassVar[str] = "liver function"
    check: ClassVar[str] = "hepatic-dose"

    condition: Name
    codes: Annotated[tuple[EvidenceCode, ...], Field(min_length=1)]
    perhaps: tuple[EvidenceCode, ...] = ()

    @property
    def said(self) -> str:
        """The advice and in whom it holds."""
        return f"{self.condition}: {self.advised}"
