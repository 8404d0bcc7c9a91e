"""What is seen in a patient soon after a drug was begun or raised, and may come from it."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Severity
from services.safety.knowledge.models import Code, EvidenceCode, Name, Phrase
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class Sign(Contract):
    """An observation that shows the effect: by its mere presence, or by a value `below` or `at_least`.

    `code` is written `system|code`. `units` are the spellings in which such a value may be stated.
    """

    code: Code
    below: Decimal | None = None
    at_least: Decimal | None = None
    units: tuple[Phrase, ...] = ()

    @model_validator(mode="after")
    def _stated(self) -> Self:
        if self.measured and not self.units:
            raise ValueError("a value decides: say in which units it may be stated")
        return self

    @property
    def measured(self) -> bool:
        """Whether a value decides."""
        return self.below is not None or self.at_least is not None


class AfterEffect(DrugRule):
    """An `effect` that counts as one of the drug up to `within` after the drug was begun or raised.

    A drug is begun when nothing of it was given for `gap`. An effect reported on `persists_on` days, the
    first of them in that time, persists.
    """

    kind: ClassVar[str] = "after-effect"
    label: ClassVar[str] = "after effects"
    check: ClassVar[str] = "adverse-effect"

    effect: Name
    signs: tuple[Sign, ...] = ()
    conditions: tuple[EvidenceCode, ...] = ()
    within: Span
    gap: Span
    persists_on: Annotated[int, Field(ge=2)]
    severity: Severity
    severity_persisting: Severity

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        if not self.signs and not self.conditions:
            raise ValueError("nothing shows the effect: name signs, conditions or both")
        return self

    @property
    def reach(self) -> timedelta:
        """An effect is told for `within`, reports before it and a begin before those count as long again."""
        return 3 * self.within + self.gap

    @property
    def said(self) -> str:
        """What is looked for, and for how long."""
        hours = int(self.within.total_seconds() // 3600)
        return f"{self.severity.value}: {self.effect} within {hours} h of a start or rise"
