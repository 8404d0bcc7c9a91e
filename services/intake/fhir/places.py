"""The locations of an Encounter: where the patient lies, since when, and where they lay before."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.whereabouts import WardSince
from services.intake.fhir.codes import code_of, inner, listed, short
from services.intake.fhir.elements import ending, moment
from services.intake.fhir.header import Context

_NOT_HERE = frozenset({"planned", "reserved"})
_WARD = "wa"
_KEPT = 64
"""Places of a history that are read, those that began last: longer than any due time is looked back at."""


class _Place(NamedTuple):
    """A location as it is listed. `here`: the patient is there now; `kind`: the code of its physicalType."""

    here: bool
    kind: str
    since: datetime | None
    until: datetime | None
    name: str


class Places(NamedTuple):
    """`ward`: where the patient is now, or was last; `listed`: since when they were where, where a history
    says that of more places than this.
    """

    ward: str
    since: datetime | None
    listed: tuple[WardSince, ...]


def places(resource: dict[str, Any], context: Context, ends_at: datetime | None) -> Places:
    """Where the patient is by the display of the location: a ward before its rooms and beds.

    Raises `Unreadable` for times that are none.
    """
    told = [item for item in listed(resource, "location") if item.get("status") not in _NOT_HERE]
    found = [place for item in told if (place := _place(item, context, ends_at)).name]
    last: _Place | None = None
    for each in found:
        if last is None or _later(each, last):
            last = each
    if last is None:
        return Places("", None, ())
    return Places(last.name, last.since, _history([each for each in found if each.kind == last.kind], last))


def _place(item: dict[str, Any], context: Context, ends_at: datetime | None) -> _Place:
    place = item.get("location")
    name = short(place.get("display")) or short(place.get("reference")) if isinstance(place, dict) else ""
    period = inner(item, "period")
    start = moment(period.get("start"), context.door, "location.period.start")
    end = ending(period.get("end"), context.door, "location.period.end")
    status = item.get("status")
    here = status == "active" or (status is None and ends_at is None and period.get("end") is None)
    return _Place(
        here,
        code_of(item.get("physicalType")),
        start.at if start is not None else None,
        end.end if end is not None and not here else None,
        name,
    )


def _later(new: _Place, old: _Place) -> bool:
    if (new.here, new.kind == _WARD) != (old.here, old.kind == _WARD):
        return (new.here, new.kind == _WARD) > (old.here, old.kind == _WARD)
    return old.since is None or (new.since is not None and new.since >= old.since)


def _history(same: list[_Place], last: _Place) -> tuple[WardSince, ...]:
    """Since when the patient was in which of the places of one kind. At any instant it is the one that began
    last of those that go on then; nothing where that would not lead to where the patient is.

    House rule: where nobody says since when they are there, it is since they left the last place before.
    """
    if last.since is None:
        left = max((each.until for each in same if each.until is not None), default=None)
        same = [each._replace(since=left) if each is last else each for each in same]
    told = [(each.since, each.until, each.name) for each in same if each.since is not None]
    dated = sorted(told, key=lambda each: each[0])[-_KEPT:]
    instants = sorted({at for since, until, _ in dated for at in (since, until) if at is not None})
    pieces: list[WardSince] = []
    for at in instants:
        begun = [
            (since, name) for since, until, name in dated if since <= at and (until is None or at < until)
        ]
        name = max(reversed(begun), key=lambda each: each[0])[1] if begun else ""
        if name and (not pieces or pieces[-1].ward != name):
            pieces.append(WardSince(since=at, ward=name))
    return tuple(pieces) if len(pieces) > 1 and pieces[-1].ward == last.name else ()
