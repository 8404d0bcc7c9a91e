"""How many pages of low tiers one person gets within a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `pages` pages within any stretch of `within`."""

    pages: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a page goes, else from when on it may; `told` is when pages went lately, this one included."""

    not_before: datetime | None
    told: tuple[datetime, ...]


def throttled(throttle: Throttle | None, told: Sequence[datetime], now: datetime) -> Verdict:
    """Whether one more page goes at `now`, after those at `told`, in order. `now` never goes back."""
    if throttle is None:
        return Verdict(None, ())
    lately = tuple(at for at in told if at > now - throttle.within)
    if len(lately) < throttle.pages:
        return Verdict(None, (*lately, now))
    return Verdict(lately[-throttle.pages] + throttle.within, lately)
