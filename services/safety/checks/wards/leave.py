"""When a patient was on leave, so that what fell due then was not expected on the ward."""

from collections.abc import Iterable
from datetime import datetime

from schemas.clinical import Observation
from schemas.leave import LEAVE, LeaveEvent
from services.safety.checks.judgement import View
from services.safety.ledger.absences import Leave, leaves_of
from services.safety.ledger.entries import Observed
from services.safety.ledger.timeline import Timeline

LEAVE_CODE = f"{LEAVE.system}|{LEAVE.code}"


def told_of_leave(view: View) -> Timeline[Observed] | None:
    """All that is told of leaves, for knowing it again by identity."""
    return view.ledger.observed.get(LEAVE_CODE)


def leaves(view: View, last_dose: datetime | None) -> list[Leave]:
    """When a patient was on leave, by all stays and by events.

    A leave of which no end is told goes on until the visit ends, another one begins, or a dose is given
    after it began: nobody must be away for ever by a lost message.
    """
    found: list[tuple[str | None, Leave]] = [
        (entity, leave) for entity, stay in view.ledger.encounters.items() for leave in leaves_of(stay)
    ]
    told: dict[str | None, list[Observation]] = {}
    if (timeline := told_of_leave(view)) is not None:
        for entry in timeline.entries[: timeline.started(view.now)]:
            told.setdefault(entry.fact.visit, []).append(entry.fact)
    found += [(visit, leave) for visit, facts in told.items() for leave in _leaves(facts)]
    return [
        (begun, ended if ended is not None else _over(view, visit, begun, last_dose))
        for visit, (begun, ended) in found
    ]


def on_leave(away: Iterable[Leave], due: datetime) -> bool:
    """Whether an instant lies in one of these leaves."""
    return any(begun <= due and (until is None or due < until) for begun, until in away)


def _leaves(facts: Iterable[Observation]) -> list[Leave]:
    """The leaves of one visit, as its events tell them in the order in which they were recorded."""
    found: list[Leave] = []
    for fact in sorted(facts, key=lambda each: (each.recorded_at, each.effective_at, each.entity)):
        last = found[-1] if found else None
        match fact.text:
            case LeaveEvent.BEGUN:
                found.append((fact.effective_at, None))
            case LeaveEvent.ENDED if last is not None and last[1] is None:
                found[-1] = (last[0], fact.effective_at)
            case LeaveEvent.NOT_BEGUN if last is not None:
                found.pop()
            case LeaveEvent.NOT_ENDED if last is not None:
                found[-1] = (last[0], None)
    return found


def _over(view: View, visit: str | None, begun: datetime, last_dose: datetime | None) -> datetime | None:
    own = view.ledger.encounters.get(visit) if visit is not None else None
    ends = [each.effective_at for each in view.ledger.encounters.values() if each.effective_at > begun]
    ends += [own.ends_at] if own is not None and own.ends_at is not None else []
    ends += [last_dose] if last_dose is not None and last_dose > begun else []
    return min(ends, default=None)
