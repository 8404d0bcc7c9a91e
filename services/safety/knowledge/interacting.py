"""Rows about two drugs that harm each other, and the circumstances in which they do, or do it more."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Contract, Severity
from schemas.medications import Route
from services.safety.knowledge.models import EvidenceCode, Name, Phrase, Row, RowId, Selector
from services.safety.knowledge.notation import Amount, Span


class Priority(StrEnum):
    """Standing of an interaction in the published US lists (ONC high-priority, ONC non-interruptive)."""

    HIGH = "onc-high"
    LOW = "onc-low"
    NONE = "none"


class Circumstance(Contract):
    """One thing about a patient: an age, a measured value, kidney function, a condition or a further drug.

    `age_from` and `age_below` are years. `measure` is the id of a measurement, compared with `below` or
    `at_least` in its unit. `egfr_below` is in mL/min/1.73 m2, however the kidneys are known; dialysis is
    below every value. `condition` is how staff read the `codes`. `also` is a further drug in use. What is
    not known counts as held in a row's `when` unless `held_unknown` says false, and never raises anything.
    """

    age_from: Decimal | None = None
    age_below: Decimal | None = None
    measure: RowId | None = None
    below: Decimal | None = None
    at_least: Decimal | None = None
    egfr_below: Decimal | None = None
    condition: Name | None = None
    codes: tuple[EvidenceCode, ...] = ()
    history_counts: bool = False
    also: Selector | None = None
    held_unknown: bool = True

    @property
    def aged(self) -> bool:
        """Whether it is about the age."""
        return self.age_from is not None or self.age_below is not None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = (self.aged, self.measure, self.egfr_below, self.codes, self.also)
        if sum(map(bool, said)) != 1:
            raise ValueError("say one of age, measure, egfr_below, codes, also; split it into several")
        if (self.measure is None) != (self.below is None and self.at_least is None):
            raise ValueError("a measure is compared with something; write below or at_least beside it")
        if bool(self.codes) != (self.condition is not None):
            raise ValueError("codes and condition belong together; say how staff read the codes")
        return self


class DailyDose(Contract):
    """More than `above` of `drug` in a day, by mouth or any other of its `routes`; none means every route."""

    drug: Name
    above: Amount
    routes: tuple[Route, ...] = ()


class Interaction(Row):
    """Two drugs that harm each other while both are active; `exposure` after a dose counts as active.

    `exposure_of` says it otherwise for one side (as written in `between`) or for one drug of a side. The row
    speaks where all of `when` hold and the daily dose is above `daily_dose`. One severity higher while one of
    `step_up` holds, one lower while a drug of `unless_with` is in use.
    """

    between: Annotated[tuple[Selector, Selector], Field()]
    severity: Severity
    mechanism: Phrase = ""
    priority: Priority = Priority.NONE
    exposure: Span
    exposure_of: dict[Selector, Span] = Field(default_factory=dict)
    exempt_routes: tuple[Route, ...] = ()
    when: tuple[Circumstance, ...] = ()
    step_up: tuple[Circumstance, ...] = ()
    unless_with: tuple[Selector, ...] = ()
    daily_dose: DailyDose | None = None

    @property
    def circumstances(self) -> tuple[Circumstance, ...]:
        """All that the row asks about the patient."""
        return (*self.when, *self.step_up)

    @property
    def contextual(self) -> bool:
        """Whether anything but the two drugs matters."""
        return bool(self.when or self.step_up or self.unless_with or self.daily_dose)

    @property
    def bystanders(self) -> Iterator[Selector]:
        """The further drugs that the row looks for."""
        yield from self.unless_with
        for one in self.circumstances:
            if one.also is not None:
                yield one.also

    def active_for(self, side: Selector, drug: str) -> timedelta:
        """How long after a dose a drug of a side counts as active."""
        own = self.exposure_of.get(f"drug:{drug}")
        return own if own is not None else self.exposure_of.get(side, self.exposure)
