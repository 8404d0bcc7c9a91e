"""What must be measured of a patient while a drug is used."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Severity
from services.safety.knowledge.models import Name, PatientCondition, RowId
from services.safety.knowledge.notation import Span
from services.safety.knowledge.ruling import DrugRule

_NONE = timedelta(0)
REMEMBERED_AT_MOST = timedelta(days=21)
"""No row keeps doses for longer than this (house rule); orders are never forgotten."""


class Monitoring(DrugRule):
    """A value of `any_of` these measurements is wanted; `measured` is what staff call it.

    `before`: known when the use begins, and not older than this then. `first_after`: one more that long after
    the begin. `every`: the newest never older than this. What is due is told `grace` later. A break of `gap`
    and longer ends the use; the next dose or order begins another. With `only_in` the value is wanted of
    patients who have a condition, and of nobody else.
    """

    kind: ClassVar[str] = "monitoring"
    label: ClassVar[str] = "monitoring"
    check: ClassVar[str] = "monitoring"

    measured: Name
    any_of: Annotated[tuple[RowId, ...], Field(min_length=1)]
    before: Span | None = None
    first_after: Span | None = None
    every: Span | None = None
    grace: Span
    gap: Span
    severity: Severity
    only_in: PatientCondition | None = None

    @model_validator(mode="after")
    def _wants(self) -> Self:
        if self.before is None and self.first_after is None and self.every is None:
            raise ValueError("the row wants nothing: give before, first_after, every, or several of them")
        return self

    @property
    def reach(self) -> timedelta:
        """As long as a drug without an order must be used for the row to speak, if it is judged by doses."""
        return self._needed if self.told_by_doses else self.gap

    @property
    def told_by_doses(self) -> bool:
        """Whether doses are remembered for long enough to judge a drug that no order speaks of."""
        return self._needed <= REMEMBERED_AT_MOST

    @property
    def _needed(self) -> timedelta:
        return max(self.first_after or _NONE, self.every or _NONE) + self.grace + 2 * self.gap

    @property
    def wanted(self) -> str:
        """When the value is wanted: "at the start (not older than 7 d), 30 d after the start, every 90 d"."""
        parts = []
        if self.before is not None:
            parts.append(f"at the start (not older than {_span(self.before)})")
        if self.first_after is not None:
            parts.append(f"{_span(self.first_after)} after the start")
        if self.every is not None:
            parts.append(f"every {_span(self.every)}")
        return ", ".join(parts)

    @property
    def said(self) -> str:
        """What is wanted, and when."""
        where = f", in {self.only_in.condition}" if self.only_in is not None else ""
        return f"{self.severity.value}: {self.measured} {self.wanted}{where}"


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 72 and hours % 24 == 0 else f"{hours} h"
