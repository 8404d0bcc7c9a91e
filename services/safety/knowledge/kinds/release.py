"""For how long a patch gives off its drug, and how long the drug stays after the patch has come off."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.clinical import Route
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule


class Release(DrugRule):
    """Given off evenly over `worn_for`, or until the record says it came off; acts for `lingers` longer.

    Every check sees a dose so; it is no check by itself. A draft changes nothing: the dose then counts at its
    instant.
    """

    kind: ClassVar[str] = "release"
    label: ClassVar[str] = "patches"
    check: ClassVar[str] = "release"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    worn_for: Annotated[Span, Field(gt=timedelta(0))]
    lingers: Span = timedelta(0)

    @property
    def reach(self) -> timedelta:
        """A patch counts until it is off and has ceased to act."""
        return self.worn_for + self.lingers

    @property
    def said(self) -> str:
        """How long it is worn and lingers."""
        worn, after = (int(span.total_seconds()) // 3600 for span in (self.worn_for, self.lingers))
        return f"worn for {worn} h, acts for {after} h after"
