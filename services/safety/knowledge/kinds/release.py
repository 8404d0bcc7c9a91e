"""For how long a patch or a depot gives off its drug, and how long the drug stays after that."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.medications import Route
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class Release(DrugRule):
    """Given off evenly over `worn_for`, or until the record says it came off; acts for `lingers` longer.

    With `depot` the row is for injections that the base knows as depots of the drug: they act for as long,
    and their amount counts at the instant of the injection.

    Every check sees a dose so; it is no check by itself. A draft changes nothing: the dose then counts at its
    instant.
    """

    kind: ClassVar[str] = "release"
    label: ClassVar[str] = "patches and depots"
    check: ClassVar[str] = "release"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    worn_for: Annotated[Span, Field(gt=timedelta(0))]
    lingers: Span = timedelta(0)
    depot: bool = False

    @property
    def reach(self) -> timedelta:
        """A patch counts until it is off and has ceased to act."""
        return self.worn_for + self.lingers

    @property
    def said(self) -> str:
        """How long it is worn and lingers."""
        worn, after = (int(span.total_seconds()) // 3600 for span in (self.worn_for, self.lingers))
        if self.depot:
            return f"depot, acts for {(self.worn_for + self.lingers) / timedelta(days=1):g} days"
        return f"worn for {worn} h, acts for {after} h after"
