"""On which wards a stay was, by all that was ever stated of it: a move (HL7 A02) states the stay anew.

The newest statement of a stay keeps what the earlier ones say of the ward (`wards_before`), whatever arrives
first; of two for one instant the one that was recorded last holds. So a move that is taken back as of the
same instant never was.
"""

from collections.abc import Iterable
from datetime import datetime

from schemas.clinical import Encounter, FactStatus, PatientFact
from schemas.whereabouts import OnWard

_KEPT = 64
"""Moves of one stay that are remembered, the latest ones: longer than any due time is looked back at."""


def on_its_wards(fact: PatientFact, other: PatientFact) -> PatientFact:
    """A statement of a stay with what another one says of the ward."""
    if not isinstance(fact, Encounter) or not isinstance(other, Encounter):
        return fact
    ours = _own(fact)
    told = _newest_of_each((*fact.wards_before, *ours, *other.wards_before, *_own(other)))
    before = tuple(each for each in told[-_KEPT:] if each not in ours)
    return fact if before == fact.wards_before else fact.model_copy(update={"wards_before": before})


def wards_of(stay: Encounter) -> tuple[tuple[datetime, str], ...]:
    """Since when a stay is on which ward, in order of time. The first that is known counts from its begin."""
    told = [(each.since, each.ward) for each in _newest_of_each((*stay.wards_before, *_own(stay)))]
    if stay.wards_listed:
        listed = sorted(((each.since, each.ward) for each in stay.wards_listed), key=lambda each: each[0])
        told = [*(each for each in told if each[0] < listed[0][0]), *listed]
    begins = stay.effective_at
    return tuple(
        (since if place and since > begins else begins, ward)
        for place, (since, ward) in enumerate(told)
        if place + 1 == len(told) or told[place + 1][0] > begins
    )


def _own(stay: Encounter) -> tuple[OnWard, ...]:
    """What the statement itself says of the ward, if anything."""
    if not stay.ward or stay.status is FactStatus.ENTERED_IN_ERROR:
        return ()
    since = stay.ward_since or stay.recorded_at
    return (OnWard(since=since, ward=stay.ward, recorded_at=stay.recorded_at, version=stay.version),)


def _newest_of_each(told: Iterable[OnWard]) -> tuple[OnWard, ...]:
    """One statement for each instant, in order of time."""
    newest: dict[datetime, OnWard] = {}
    for each in told:
        known = newest.get(each.since)
        if known is None or _order(each) > _order(known):
            newest[each.since] = each
    return tuple(newest[since] for since in sorted(newest))


def _order(told: OnWard) -> tuple[datetime, int, str]:
    return (told.recorded_at, told.version, told.ward)
