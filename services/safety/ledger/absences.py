"""When the patient of a stay was on leave, by all that was ever stated of it.

A source that lists the leaves of a stay is believed. Of one that says only whether the patient is away now,
the newest statement keeps what the earlier ones say (`leave_before`), whatever arrives first; a leave ends
when the first of them that says that the patient is here was recorded.
"""

from datetime import datetime

from schemas.clinical import Encounter, FactStatus, PatientFact
from schemas.whereabouts import SaidOfLeave

_KEPT = 64
"""Statements of one stay that are remembered, the latest ones."""
Leave = tuple[datetime, datetime | None]
"""From when until when; None while nobody says that it is over."""


def with_its_leaves(fact: PatientFact, other: PatientFact) -> PatientFact:
    """A statement of a stay with what another one says of leave."""
    if not isinstance(fact, Encounter) or not isinstance(other, Encounter):
        return fact
    ours = _own(fact)
    told = sorted({*fact.leave_before, *ours, *other.leave_before, *_own(other)}, key=_order)
    before = tuple(each for each in told[-_KEPT:] if each not in ours)
    return fact if before == fact.leave_before else fact.model_copy(update={"leave_before": before})


def leaves_of(stay: Encounter) -> list[Leave]:
    """The leaves of a stay, in order of time."""
    if stay.leaves is not None:
        found: list[Leave] = [(each.since, each.until) for each in stay.leaves]
        return [*found, (stay.away_since, None)] if stay.away_since is not None else found
    if not stay.leave_told and not stay.leave_before:
        return []
    found = []
    begun: datetime | None = None
    for each in sorted((*stay.leave_before, *_own(stay)), key=_order):
        if each.away_since is not None:
            begun = each.away_since if begun is None else min(begun, each.away_since)
        elif begun is not None:
            found.append((begun, max(begun, each.recorded_at)))
            begun = None
    return [*found, (begun, None)] if begun is not None else found


def _own(stay: Encounter) -> tuple[SaidOfLeave, ...]:
    if not stay.leave_told or stay.status is FactStatus.ENTERED_IN_ERROR:
        return ()
    said = SaidOfLeave(away_since=stay.away_since, recorded_at=stay.recorded_at, version=stay.version)
    return (said,)


def _order(said: SaidOfLeave) -> tuple[datetime, int, bool, datetime]:
    return (said.recorded_at, said.version, said.away_since is None, said.away_since or said.recorded_at)
