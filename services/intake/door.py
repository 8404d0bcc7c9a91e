"""A door: where readings come in, and what it stamps on them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schemas.base import Mode, TimeDomain

UTC_ZONE = ZoneInfo("UTC")
NO_AUTHORITY = "none"
"""What a list calls the authority of a patient's number that names none, as the ids of a FHIR server."""


@dataclass(frozen=True, slots=True)
class Door:
    """`source` names who speaks (None: the format's own name); `zone` is the facility's.

    `kinds`, `facilities` and `authorities` (who gave a patient the number) are of what that source may speak,
    None of everything: see `allowing.py`.
    `unique_numbers`: the source numbers orders and reports over all its patients, not anew with each.
    Backfill overrules what an event says of its own mode. `clock` stamps the receipt of live data; without
    one, each source's own store time is the receipt and time is simulated.
    """

    source: str | None = None
    zone: ZoneInfo = UTC_ZONE
    mode: Mode = Mode.LIVE
    clock: Callable[[], datetime] | None = None
    kinds: frozenset[str] | None = None
    facilities: frozenset[str] | None = None
    authorities: frozenset[str] | None = None
    unique_numbers: bool = True

    @property
    def time_domain(self) -> TimeDomain:
        """Live where the door's clock stamps the receipt, else simulated."""
        return TimeDomain.SIMULATED if self.clock is None else TimeDomain.LIVE

    def speaks_of(self, patient: str) -> bool:
        """Whether its source may speak of a patient, by the source's own id (`authority|number`)."""
        if self.authorities is None:
            return True
        authority, named, _ = patient.partition("|")
        return ((named and authority) or NO_AUTHORITY) in self.authorities

    @property
    def is_told_now(self) -> bool:
        """Whether what comes in is news, and no history: then it was charted no later than it is brought."""
        return self.clock is not None and self.mode is Mode.LIVE

    def received_at(self, stated: datetime) -> datetime:
        """The instant of receipt: now by the clock, else what the source states."""
        return stated if self.clock is None else self.clock()

    def instant(self, local: datetime) -> tuple[datetime, bool]:
        """A time in UTC, and whether its zone had to be assumed (it carried no offset).

        Raises `ValueError` for a year in which nobody is treated.
        """
        if not possible(local):
            raise ValueError("the year lies outside 1700 to 2500")
        if local.tzinfo is not None:
            return local.astimezone(UTC), False
        return local.replace(tzinfo=self.zone).astimezone(UTC), True


def possible(at: datetime) -> bool:
    """Whether a time lies in a year that any source may mean: shifted histories reach from 1800 to 2300."""
    return 1700 <= at.year <= 2500
