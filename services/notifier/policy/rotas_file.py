"""rotas.yaml, as it is written; `placing.py` makes rotas of it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract
from services.notifier.policy.shifts import Shift, Staff
from services.notifier.policy.words import All, Clock, Days, Id, Moment, Ward

CalendarName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.ics$")]


class LayerRow(Contract):
    """Weekly shifts, or a calendar file (iCal) beside this one."""

    shifts: Annotated[tuple[Shift, ...], Field(min_length=1)] | None = None
    calendar: CalendarName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.shifts is None) == (self.calendar is None):
            raise ValueError("a layer is either shifts or a calendar; give one of them")
        return self


class CoverRow(Contract):
    """Somebody stands in, by the ward's clock. Without `instead_of` they stand in for everybody."""

    begins: Moment
    ends: Moment
    persons: Staff
    instead_of: Id | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError("the cover ends before it begins; correct begins or ends")
        return self


class RotaRow(Contract):
    """One rota. With `role` it serves this role of `wards`, for steps that tell "role:nurse"."""

    id: Id
    role: Id | None = None
    wards: tuple[Ward, ...] = ()
    layers: Annotated[tuple[LayerRow, ...], Field(min_length=1)]
    covers: tuple[CoverRow, ...] = ()

    @model_validator(mode="after")
    def _served(self) -> Self:
        if (self.role is None) != (not self.wards):
            raise ValueError("role and wards belong together; give both, or none of them")
        return self


class SummaryRow(Contract):
    """At this time of these days the people of `tell` are told who is on duty, and who comes next.

    By these rotas; None, written all, means every one of them.
    """

    id: Id
    at: Clock
    days: Days
    rotas: Annotated[tuple[Id, ...] | None, All]
    tell: Annotated[tuple[Id, ...], Field(min_length=1, max_length=50)]


class RotasFile(Contract):
    """rotas.yaml. `zone`: the facility's time zone by its IANA name."""

    zone: str
    rotas: tuple[RotaRow, ...] = ()
    summaries: tuple[SummaryRow, ...] = ()
