"""Which drugs are dangerous to somebody who is allergic to others, or to a class by its name."""

from typing import Annotated, ClassVar, Self

from pydantic import StringConstraints, model_validator

from schemas.base import Severity
from services.safety.knowledge.models import EvidenceCode, Selector
from services.safety.knowledge.ruling import DrugRule

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9 '-]*$")]


class AllergyRule(DrugRule):
    """The subject is dangerous to whoever is allergic to a drug of `allergens`, or to one so called.

    `names` (lower case) and `codes` are how records name an allergy to a whole class: "penicillin", "sulfa".
    `intolerance`: how bad it is where the record says that it was no allergy.
    """

    kind: ClassVar[str] = "allergy"
    label: ClassVar[str] = "allergies"
    check: ClassVar[str] = "allergy"

    allergens: tuple[Selector, ...] = ()
    names: tuple[Word, ...] = ()
    codes: tuple[EvidenceCode, ...] = ()
    severity: Severity
    intolerance: Severity = Severity.MINOR

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        if not (self.allergens or self.names or self.codes):
            raise ValueError("nothing leads to this row; give allergens, names or codes")
        return self

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """The drugs at risk and those that the allergy is to."""
        return (self.subject, *self.allergens)

    @property
    def said(self) -> str:
        """How bad it is after an allergy to what."""
        to = [name.partition(":")[2] for name in self.allergens] or list(self.names[:1])
        return f"{self.severity.value}: allergy to {', '.join(to)}"
