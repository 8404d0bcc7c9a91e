"""Whose duties an edited policy changes in the days to come, in words for each person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.policy.site import SitePolicy

DAYS = 14
_MOST_LISTED = 5


@dataclass(frozen=True, order=True, slots=True)
class Turn:
    """One unbroken stretch for which a person is on duty by a rota."""

    start: datetime
    end: datetime
    rota: str


def turns(policy: SitePolicy, start: datetime, end: datetime) -> Mapping[str, tuple[Turn, ...]]:
    """The turns of each person who has any within `start` to `end`, in their order, cut off at both."""
    found: dict[str, list[Turn]] = {}
    for rota in policy.rotas.values():
        running: dict[str, Turn] = {}
        for part in rota.timeline(start, end):
            running = {
                person: Turn(running[person].start if person in running else part.start, part.end, rota.id)
                for person in part.persons
            }
            for person, turn in running.items():
                others = [t for t in found.get(person, []) if (t.rota, t.start) != (turn.rota, turn.start)]
                found[person] = [*others, turn]
    return {person: tuple(sorted(theirs)) for person, theirs in found.items()}


def changes(before: SitePolicy, after: SitePolicy, now: datetime) -> Mapping[str, str]:
    """What is other than before in the next `DAYS` days, for each person who can still be told."""
    until = now + timedelta(days=DAYS)
    old, new = turns(before, now, until), turns(after, now, until)
    return {
        person: _in_words(set(old.get(person, ())), set(new.get(person, ())), after)
        for person in sorted({*old, *new})
        if person in after.people.by_id and old.get(person) != new.get(person)
    }


def _in_words(old: set[Turn], new: set[Turn], policy: SitePolicy) -> str:
    said = [f"now on duty {_when(turn, policy)}" for turn in sorted(new - old)]
    said += [f"no more on duty {_when(turn, policy)}" for turn in sorted(old - new)]
    more = f"; and {len(said) - _MOST_LISTED} more" if len(said) > _MOST_LISTED else ""
    return f"Your duties of the next {DAYS} days have changed: {'; '.join(said[:_MOST_LISTED])}{more}"


def _when(turn: Turn, policy: SitePolicy) -> str:
    start, end = (moment.astimezone(policy.zone) for moment in (turn.start, turn.end))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({turn.rota})"
