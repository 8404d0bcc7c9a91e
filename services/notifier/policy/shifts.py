"""Shifts that repeat by the week, and the instants that they cover.

Source of the form: the weekly part of RFC 5545 recurrence (BYDAY, INTERVAL), in words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from schemas.base import Contract
from services.notifier.policy.weekly import stretches
from services.notifier.policy.words import Clock, Day, Days, Id

_WEEK_DAYS = 7
Staff = Annotated[tuple[Id, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """These persons are on duty from `start` on and until just before `end`. Both in UTC."""

    start: datetime
    end: datetime
    persons: tuple[str, ...]

    def holds(self, instant: datetime) -> bool:
        """Whether `instant` is within."""
        return self.start <= instant < self.end


class Shift(Contract):
    """On these days of the week, from one time of the ward's clock until it shows the other.

    `together`: all of them each time. `in_turn`: one of them, the next each week (or day) from `starting` on.
    `every`: each so many weeks from `starting` on. A shift belongs to the day on which it begins.
    """

    days: Days
    begins: Clock
    ends: Clock
    together: Staff | None = None
    in_turn: Staff | None = None
    turn: Literal["day", "week"] = "week"
    every: Annotated[int, Field(ge=1, le=52)] = 1
    starting: Day | None = None
    ending: Day | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.together is None) == (self.in_turn is None):
            raise ValueError("the shift needs either together or in_turn; say who is on duty")
        if self.starting is None and (self.in_turn is not None or self.every > 1):
            raise ValueError("nothing says from when the turns are counted; give the day as starting")
        if self.starting and self.ending and self.ending < self.starting:
            raise ValueError("the shift ends before it starts; correct starting or ending")
        return self

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody who is ever on duty by it."""
        return self.together or self.in_turn or ()

    def on(self, day: date) -> tuple[str, ...]:
        """Who takes the shift that begins on `day`; nobody where none does."""
        if day.weekday() not in self.days or (self.ending is not None and day > self.ending):
            return ()
        if self.starting is None:
            return self.together or ()
        if day < self.starting:
            return ()
        count = (day - self.starting).days
        week = count // _WEEK_DAYS
        if week % self.every:
            return ()
        if self.in_turn is None:
            return self.together or ()
        turn = count if self.turn == "day" else week // self.every
        return (self.in_turn[turn % len(self.in_turn)],)

    def duties(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Duty]:
        """The shifts that have a part in `start` to `end`, in order."""
        for day, first, last in stretches(self.days, self.begins, self.ends, zone, start, end):
            persons = self.on(day)
            if persons:
                yield Duty(first, last, persons)
