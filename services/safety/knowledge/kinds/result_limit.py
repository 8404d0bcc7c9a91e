"""Results of a laboratory, or levels, beyond which a drug is not to be given."""

from decimal import Decimal
from typing import ClassVar, Self

from pydantic import model_validator

from schemas.base import Severity
from schemas.quantities import plain
from services.safety.knowledge.line_flush import LineFlush
from services.safety.knowledge.models import RowId
from services.safety.knowledge.ruling import DrugRule


class ResultLimit(DrugRule):
    """Not to be given while the newest result of `measure` is `below` this, or `at_least` that, in its unit.

    `given` is how bad a dose is all the same; `ordered` how bad an order that stands, and where it is left
    out an order is not told. With `flush` the row does not speak of doses so small. How old a result may be
    is for the measurement to say.
    """

    kind: ClassVar[str] = "result-limit"
    label: ClassVar[str] = "results that forbid it"
    check: ClassVar[str] = "result-limit"

    measure: RowId
    below: Decimal | None = None
    at_least: Decimal | None = None
    given: Severity
    ordered: Severity | None = None
    flush: LineFlush | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.below is None) == (self.at_least is None):
            raise ValueError("a result forbids below or from a bound on; write one of below and at_least")
        return self

    @property
    def bound(self) -> Decimal:
        """The edge: `below` does not hold at it, `at_least` does."""
        edge = self.below if self.below is not None else self.at_least
        assert edge is not None  # noqa: S101 - one of both is there
        return edge

    def forbids(self, value: Decimal) -> bool:
        """Whether the drug is not to be given at a result."""
        return value < self.bound if self.below is not None else value >= self.bound

    @property
    def spoken(self) -> str:
        """The bound for people: "not below 70", "not from 5.5 on"."""
        return f"not {'below' if self.below is not None else 'from'} {plain(self.bound)}" + (
            "" if self.below is not None else " on"
        )

    @property
    def said(self) -> str:
        """The bound, its measurement, and how bad it is."""
        order = f", {self.ordered.value} when ordered" if self.ordered is not None else ""
        flush = "" if self.flush is None else f"; not for a line flush of {self.flush.up_to[0]} or less"
        return f"{self.given.value} when given{order}: {self.spoken} of {self.measure}{flush}"
