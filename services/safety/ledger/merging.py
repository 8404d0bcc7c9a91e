"""Which record goes on as which other one, as far as a ledger knows it.

Every ledger that holds facts of a record also holds what is stated of that record's merges, and all decide
alike: the newest statement about a record that is not taken back holds. So what counts depends neither on
the order of arrival nor on the way that a fact came, and a fact counts in one place only.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from immutables import Map

from schemas.clinical import Merge

Links = Mapping[str, str]
"""From a record to the one into which it was merged, by patient key."""


def links_of(merges: Iterable[Merge]) -> Links:
    """What holds of the merges of each record; a record that is merged with itself is not merged."""
    newest: dict[str, Merge] = {}
    for merge in merges:
        record = stated_of(merge)
        known = newest.get(record)
        if known is None or _order(merge) > _order(known):
            newest[record] = merge
    return {record: merge.survivor for record, merge in newest.items() if merge.survivor != record}


def stated_of(merge: Merge) -> str:
    """The record of which a merge is stated."""
    return merge.merged_from or merge.patient


def end_of(record: str, links: Links) -> str:
    """The record under which one goes on in the end, itself where it was not merged.

    Records merged in a circle have no survivor, so each of them goes on as itself.
    """
    path = [record]
    while (after := links.get(path[-1])) is not None:
        if after in path:
            return after
        path.append(after)
    return path[-1]


def grouping(patient: str, links: Links) -> tuple[str | None, Map[str, tuple[str, ...]]]:
    """The survivor of a patient, None where it goes on itself, and the records that then count for it.

    With each of those, the records through which it came to this one.
    """
    if end_of(patient, links) != patient:
        return links[patient], Map()
    joined = (record for record in links if record != patient and end_of(record, links) == patient)
    return None, Map({record: _between(record, patient, links) for record in joined})


def _between(record: str, patient: str, links: Links) -> tuple[str, ...]:
    way = []
    while (record := links[record]) != patient:
        way.append(record)
    return tuple(way)


def in_circle(patient: str, links: Links) -> bool:
    """Whether a record was merged in a circle, which leads nowhere."""
    return patient in links and end_of(patient, links) == patient


def _order(merge: Merge) -> tuple[datetime, int, str]:
    return (merge.recorded_at, merge.version, merge.survivor)
