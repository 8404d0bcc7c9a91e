"""What a ward does otherwise than the house: its tolerance, the hours of its rounds, its clocks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from schemas.base import Contract
from services.safety.knowledge.house_hours import ClockTime
from services.safety.knowledge.models import Source
from services.safety.knowledge.notation import Span

WardName = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
"""As the records name the ward, letter by letter."""

Clocks = Mapping[int, tuple[str, ...]]
"""By how many times a day, the clock times at which such orders are given."""


class WardPolicy(Contract):
    """Wards that differ from the house. What is not stated, also of `times_a_day`, is as in the house.

    `tolerance`: how much early or late a dose may be, in place of that of the policy. `zone`: by whose clocks
    doses are due and days end, in place of the facility's: an IANA name such as Europe/Berlin.
    """

    names: Annotated[tuple[WardName, ...], Field(min_length=1)]
    tolerance: Span | None = None
    times_a_day: dict[int, tuple[ClockTime, ...]] = Field(default_factory=dict)
    zone: str | None = None
    source: Source


class WardRules(NamedTuple):
    """What holds on a ward."""

    tolerance: timedelta
    hours: Clocks
    zone: ZoneInfo

    def for_ward(self, stated: WardPolicy) -> "WardRules":
        """What holds on a ward that differs from this house."""
        return WardRules(
            self.tolerance if stated.tolerance is None else stated.tolerance,
            {**self.hours, **stated.times_a_day},
            self.zone if stated.zone is None else ZoneInfo(stated.zone),
        )
