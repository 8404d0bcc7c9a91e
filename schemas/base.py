"""What every contract model shares: frozen, strict, closed, aware of time zones.

A value that exists is valid: whoever holds a contract model need not check it again. Unknown fields are
refused, because a field that nobody reads is a fact that nobody judges.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, FailFast, StringConstraints

T = TypeVar("T")

ShortText = Annotated[str, StringConstraints(max_length=2_000)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=512)]


Several = Annotated[tuple[T, ...], FailFast()]
"""A list of which the first wrong item is told: telling of half a million wrong ones takes seconds."""


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment, always kept in UTC; a value without an offset is refused."""


class Contract(BaseModel):
    """Base of everything that crosses a service border."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Mode(StrEnum):
    """Live facts may page; backfill is folded, judged and shown, never paged."""

    LIVE = "live"
    BACKFILL = "backfill"


class TimeDomain(StrEnum):
    """Whether `received_at` is the wall clock of a door or a told time (history, demonstrations)."""

    LIVE = "live"
    SIMULATED = "simulated"


class Severity(StrEnum):
    """How much harm the source of a rule expects; a tier for paging is derived from it elsewhere."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CONTRAINDICATED = "contraindicated"

    @property
    def rank(self) -> int:
        """0 for minor up to 3 for contraindicated."""
        return _RANKS[self.value]

    def stepped(self, steps: int) -> "Severity":
        """This severity moved by `steps`, held within minor and contraindicated."""
        return _BY_RANK[min(max(self.rank + steps, 0), len(_BY_RANK) - 1)]


_BY_RANK = (Severity.MINOR, Severity.MODERATE, Severity.MAJOR, Severity.CONTRAINDICATED)
_RANKS = {severity.value: rank for rank, severity in enumerate(_BY_RANK)}
