"""By which routes a drug must never be given."""

from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Severity
from schemas.medications import Route
from services.safety.knowledge.ruling import DrugRule


class ForbiddenRoute(DrugRule):
    """The drug is never given by one of the `routes`."""

    kind: ClassVar[str] = "route"
    label: ClassVar[str] = "forbidden routes"
    check: ClassVar[str] = "route"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    severity: Severity

    @property
    def said(self) -> str:
        """Which routes are forbidden."""
        return f"{self.severity.value}: never {', '.join(route.value for route in self.routes)}"
