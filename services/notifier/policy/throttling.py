"""How many pages of low tiers one person gets within a while; what is held back is counted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

THROTTLED_TIERS = frozenset((3, 4))


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `pages` pages for one person within any stretch of `within`."""

    pages: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """When one person was paged lately, in order, and how many pages were held back since the last."""

    at: tuple[datetime, ...] = ()
    held_back: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a page goes now, else from when on it may; and how many are held back and not yet told of."""

    goes: bool
    not_before: datetime | None = None
    held_back: int = 0


def throttled(throttle: Throttle, told: Told, tier: int, now: datetime) -> tuple[Verdict, Told]:
    """Whether a person gets this page now, and what is known of them after that. `now` never goes back.

    Tiers 1 and 2 always go, and use up nothing of what the low tiers may.
    """
    if tier not in THROTTLED_TIERS:
        return Verdict(True), told
    lately = tuple(at for at in told.at if at > now - throttle.within)
    if len(lately) < throttle.pages:
        return Verdict(True, None, told.held_back), Told((*lately, now))
    held = told.held_back + 1
    return Verdict(False, lately[0] + throttle.within, held), replace(told, at=lately, held_back=held)
