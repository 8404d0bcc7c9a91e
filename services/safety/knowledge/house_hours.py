"""At which hours a house gives what is ordered so many times a day: `hours` of the policy."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from schemas.base import Contract
from services.safety.knowledge.models import Source

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _clock(written: str) -> str:
    if re.fullmatch(_CLOCK, written) is None:
        raise ValueError(f'{written!r} is no time of the day; write it like "08:00", from "00:00" to "23:59"')
    return written


ClockTime = Annotated[
    str,
    AfterValidator(_clock),
    WithJsonSchema(
        {"type": "string", "pattern": _CLOCK, "description": "A time of the day, in quotes.",
         "examples": ["08:00"]}
    ),
]  # fmt: skip
"""A time of the day by the clocks of the facility, written as "08:00"."""

FEWEST, MOST = 2, 6
"""Once a day has no hours: bedtime, morning and every 24 hours are recorded alike."""


class HouseHours(Contract):
    """By how many times a day, the clock times at which the house gives such orders, in order."""

    times_a_day: Annotated[dict[int, tuple[ClockTime, ...]], Field(min_length=1)]
    source: Source
