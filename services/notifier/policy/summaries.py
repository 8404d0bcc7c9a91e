"""Who is on duty and who comes next, in words, at the times of day that the site wants to hear it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.policy.rota import Rota
from services.notifier.policy.rotas_file import SummaryRow
from services.notifier.policy.site import SitePolicy
from services.notifier.policy.wall_clock import day_shown, instant_of

AHEAD = timedelta(hours=24)
LATE = timedelta(hours=1)
"""What could not be said for so long is not said any more: the next one will be."""
_TURNS = 6


@dataclass(frozen=True, slots=True)
class Summary:
    """What is said to these persons. `id` tells it from the other summaries of the site."""

    id: str
    text: str
    tell: tuple[str, ...]


def summaries_of(policy: SitePolicy, now: datetime) -> list[Summary]:
    """Of each summary of the policy the newest one, if it became due within `LATE` before `now`."""
    found = []
    for row in policy.summaries:
        at = _last(row, policy, now)
        if at is not None:
            found.append(Summary(row.id, _said(row, policy, at), row.tell))
    return found


def _last(row: SummaryRow, policy: SitePolicy, now: datetime) -> datetime | None:
    """When it last became due, if that was not too long ago."""
    for day in (day_shown(now, policy.zone), day_shown(now - LATE, policy.zone)):
        at = instant_of(day, row.at, policy.zone)
        if day.weekday() in row.days and at <= now < at + LATE:
            return at
    return None


def _said(row: SummaryRow, policy: SitePolicy, at: datetime) -> str:
    names = policy.rotas if row.rotas is None else row.rotas
    lines = [f"{name}: {_turns(policy.rotas[name], policy, at)}" for name in names]
    return (
        f"On duty on {_shown(at, policy)}, and in the {AHEAD // timedelta(hours=1)} hours after: "
        + "; ".join(lines)
    )


def _turns(rota: Rota, policy: SitePolicy, at: datetime) -> str:
    parts = rota.timeline(at, at + AHEAD)
    said = [", ".join(parts[0].persons) or "NOBODY"]
    for part in parts[1:_TURNS]:
        said.append(f"from {part.start.astimezone(policy.zone):%H:%M} {', '.join(part.persons) or 'NOBODY'}")
    more = [f"and {len(parts) - _TURNS} more changes"] if len(parts) > _TURNS else []
    return ", ".join([*said, *more])


def _shown(at: datetime, policy: SitePolicy) -> str:
    return f"{at.astimezone(policy.zone):%Y-%m-%d %H:%M}"
