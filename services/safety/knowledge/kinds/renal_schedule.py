"""How much at once and how often, by kidney function: a day's limit says neither."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Severity
from schemas.medications import Route
from services.safety.knowledge.kinds.renal import KidneyMeasure, falling, said_by_bands
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.products import AskedRelease
from services.safety.knowledge.ruling import DrugRule

_NO_TIME = timedelta(0)


class ScheduleAdvice(Contract):
    """At most `single_max` in one dose, at least `at_least` from one dose to the next, or both.

    With `doses_above` only larger doses have to wait, and what follows them: "20 mg a day, or 40 mg every
    other day" holds back what is above 20 mg.
    """

    single_max: Amount | None = None
    at_least: Annotated[Span, Field(gt=_NO_TIME)] | None = None
    doses_above: Amount | None = None
    severity: Severity

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        if self.single_max is None and self.at_least is None:
            raise ValueError("say how much at once, how long to wait, or both: single_max, at_least")
        if self.doses_above is not None and self.at_least is None:
            raise ValueError("doses_above says which doses wait; write at_least")
        return self

    @property
    def advised(self) -> str:
        """The advice in a few words: "at most 500 mg at once, at least 18 h apart (moderate)"."""
        parts = [f"at most {self.single_max} at once"] if self.single_max is not None else []
        if self.at_least is not None:
            above = f" above {self.doses_above}" if self.doses_above is not None else ""
            parts.append(f"at least {self.at_least / timedelta(hours=1):g} h apart{above}")
        return f"{', '.join(parts)} ({self.severity.value})"


class ScheduleBand(ScheduleAdvice):
    """The advice below `below`, down to the next lower band."""

    below: Annotated[Decimal, Field(gt=0)]


class RenalSchedule(DrugRule):
    """Bands of kidney function; at or above the highest `below` the rule says nothing.

    With a `release` it speaks of products only of which that is known.
    """

    kind: ClassVar[str] = "renal-schedule"
    label: ClassVar[str] = "doses by kidney function"
    check: ClassVar[str] = "renal-schedule"

    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    measure: KidneyMeasure
    release: AskedRelease | None = None
    bands: Annotated[tuple[ScheduleBand, ...], Field(min_length=1)]
    dialysis: ScheduleAdvice | None = None

    @model_validator(mode="after")
    def _falling(self) -> Self:
        falling([band.below for band in self.bands])
        return self

    @property
    def advices(self) -> tuple[ScheduleAdvice, ...]:
        """All that the row may advise."""
        return (*self.bands, *((self.dialysis,) if self.dialysis is not None else ()))

    @property
    def longest(self) -> timedelta:
        """The longest wait that it may ask for."""
        return max((each.at_least or _NO_TIME for each in self.advices), default=_NO_TIME)

    @property
    def reach(self) -> timedelta:
        """The dose before, as long again for which it is told, and once more for what is charted late."""
        return 3 * self.longest

    @property
    def said(self) -> str:
        """The bands in a line."""
        return said_by_bands(self.measure, self.bands, self.dialysis, self.release)
