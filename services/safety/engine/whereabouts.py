"""Where a patient is, and when by the stays that are known that is another ward: an announced transfer."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.clinical import Encounter
from services.safety.checks.remembering import Remembered
from services.safety.ledger.ledger import PatientLedger


class Whereabouts(NamedTuple):
    """The ward now, empty if there is none, and when the patient is on another one.

    It holds for these `stays` from when it was found out up to `until`, where any of them begins or ends.
    """

    ward: str
    moves_at: datetime | None
    stays: Mapping[str, Encounter]
    until: datetime | None


_remembered: Remembered[Whereabouts] = Remembered()


def whereabouts(ledger: PatientLedger, now: datetime) -> Whereabouts:
    """Where the patient is at an instant."""
    stays = ledger.encounters
    key = (id(stays),)
    known = _remembered.known(now, key)
    if known is None:
        found = _found_out(ledger, now)
        known = _remembered.keep(now, key, (stays,), found, found.until)
    return known[0]


def _found_out(ledger: PatientLedger, now: datetime) -> Whereabouts:
    stays = ledger.encounters
    moments = sorted(
        {
            moment
            for stay in stays.values()
            for moment in (stay.effective_at, stay.ends_at)
            if moment is not None and moment > now
        }
    )
    place = ward(ledger, now)
    moves_at = next((moment for moment in moments if ward(ledger, moment) not in ("", place)), None)
    return Whereabouts(place, moves_at, stays, moments[0] if moments else None)


def ward(ledger: PatientLedger, at: datetime) -> str:
    """The ward of the stay that is active at an instant, the one that began last; empty if there is none."""
    active = [
        stay
        for stay in ledger.encounters.values()
        if stay.effective_at <= at and (stay.ends_at is None or at < stay.ends_at)
    ]
    return max(active, key=_began).ward if active else ""


def _began(stay: Encounter) -> tuple[datetime, datetime, str]:
    return (stay.effective_at, stay.recorded_at, stay.entity)
