"""Leave of absence: what an Encounter says of it by its status and its `statusHistory`."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.whereabouts import Absence
from services.intake.fhir.codes import inner, listed
from services.intake.fhir.elements import ending, moment
from services.intake.fhir.header import Context

_AWAY = "onleave"
_Period = tuple[str, datetime | None, datetime | None]
"""A status that was, since when and until when, as far as that is said."""


class OnLeave(NamedTuple):
    """`away_since`: the patient is away now; `leaves`: those before, None where the source lists no history.

    House rule: where only the day of a return is known it is its begin, so that nothing is expected too late.
    """

    away_since: datetime | None
    leaves: tuple[Absence, ...] | None


def on_leave(resource: dict[str, Any], context: Context, recorded_at: datetime) -> OnLeave:
    """What is said of it. Raises `Unreadable` for times that are none."""
    history = [_period(item, context) for item in listed(resource, "statusHistory")]
    away_since = None
    if resource.get("status") == _AWAY:
        ends = [until for _, _, until in history if until is not None]
        away_since = max(ends, default=recorded_at)
    if not history:
        return OnLeave(away_since, None)
    following = [start for _, start, _ in history[1:]]
    leaves = []
    for (status, since, until), after in zip(history, [*following, None], strict=True):
        over = until or after or recorded_at
        if status == _AWAY and since is not None and over > since:
            leaves.append(Absence(since=since, until=over))
    return OnLeave(away_since, tuple(leaves))


def _period(item: dict[str, Any], context: Context) -> _Period:
    period = inner(item, "period")
    start = moment(period.get("start"), context.door, "statusHistory.period.start")
    end = ending(period.get("end"), context.door, "statusHistory.period.end")
    return str(item.get("status")), start.at if start else None, end.at if end else None
