"""Where the patient of a stay was since when, and when away, as its source states it."""

from typing import Annotated

from pydantic import Field

from schemas.base import Contract, Instant, ShortText


class OnWard(Contract):
    """The ward of a stay from `since` on, by the statement `version` that was recorded at `recorded_at`."""

    since: Instant
    ward: ShortText
    recorded_at: Instant
    version: Annotated[int, Field(ge=0)] = 0


class WardSince(Contract):
    """Since when a patient was on a ward, as a source lists it."""

    since: Instant
    ward: ShortText


class Absence(Contract):
    """The patient was away from `since` on, up to `until`."""

    since: Instant
    until: Instant


class SaidOfLeave(Contract):
    """What one statement of a stay says: the patient is away since then, or is here (None)."""

    away_since: Instant | None
    recorded_at: Instant
    version: Annotated[int, Field(ge=0)] = 0
