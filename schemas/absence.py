"""Leaves of absence of a stay, as a source states them that states the whole stay anew each time (FHIR)."""

from typing import Annotated

from pydantic import Field

from schemas.base import Contract, Instant


class Absence(Contract):
    """The patient was away from `since` on, up to `until`."""

    since: Instant
    until: Instant


class SaidOfLeave(Contract):
    """What one statement of a stay says: the patient is away since then, or is here (None)."""

    away_since: Instant | None
    recorded_at: Instant
    version: Annotated[int, Field(ge=0)] = 0
