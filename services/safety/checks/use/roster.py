"""All drugs that are active in a patient now, kept up dose by dose.

Most events are one dose of one drug. The roster before it is kept by the patient's orders, and only the drugs
whose doses changed, or whose review has come, are looked at again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import compress
from operator import is_not

from immutables import Map

from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.activity import Active, activity
from services.safety.ledger.entries import Given
from services.safety.ledger.timeline import Timeline


@dataclass(frozen=True, slots=True)
class _Roster:
    """Right from `since` on, for these doses; `reviews` has the drugs whose answer time alone changes."""

    given: Map[str, Timeline[Given]]
    since: datetime
    active: dict[str, Active]
    reviews: dict[str, datetime]
    next_review: datetime | None


_rosters: Remembered[_Roster] = Remembered(5_000)


def roster(
    view: View, exposure: timedelta, among: Iterable[str]
) -> tuple[Mapping[str, Active], datetime | None]:
    """Every mapped ingredient that is active now, by name, and when that may next change `among` some."""
    prescribed, knowledge = view.ledger.prescribed, view.knowledge
    key = (id(prescribed), id(knowledge), exposure)
    known = _rosters.known(view.now, key)
    before = known[0] if known is not None else None
    held = (before and _kept_up(view, exposure, before)) or _anew(view, exposure)
    if held is not before:
        _rosters.keep(held.since, key, (prescribed, knowledge), held, None)
    reviews = held.reviews
    return held.active, min((reviews[name] for name in among if name in reviews), default=None)


def _anew(view: View, exposure: timedelta) -> _Roster:
    active: dict[str, Active] = {}
    reviews: dict[str, datetime] = {}
    for ingredient in sorted(present(view)):
        found, review_at = activity(view, ingredient, exposure)
        if found is not None:
            active[ingredient] = found
        if review_at is not None:
            reviews[ingredient] = review_at
    return _Roster(view.ledger.given, view.now, active, reviews, min(reviews.values(), default=None))


def _kept_up(view: View, exposure: timedelta, before: _Roster) -> _Roster | None:
    """The roster now; None where a drug comes or goes, so that names stay in order."""
    given = view.ledger.given
    stale: list[str] = []
    if given is not before.given:
        changed = changed_doses(before.given, given)
        if changed is None:
            return None
        stale += [name for name in changed if name[0] != "<"]
    if before.next_review is not None and before.next_review <= view.now:
        stale += [name for name, at in before.reviews.items() if at <= view.now and name not in stale]
    if not stale:
        return before if given is before.given else replace(before, given=given, since=view.now)
    active, reviews = before.active.copy(), before.reviews.copy()
    for name in stale:
        found, review_at = activity(view, name, exposure)
        if found is None or name not in active:
            return None
        active[name] = found
        if review_at is not None:
            reviews[name] = review_at
        else:
            reviews.pop(name, None)
    return _Roster(given, view.now, active, reviews, min(reviews.values(), default=None))


def changed_doses(earlier: Map[str, Timeline[Given]], later: Map[str, Timeline[Given]]) -> list[str] | None:
    """The drugs whose doses are other ones, found without a loop; None where a drug came or went."""
    names = list(later)
    if names != list(earlier):
        return None
    return list(compress(names, map(is_not, later.values(), earlier.values())))


def present(view: View) -> frozenset[str]:
    """Every mapped ingredient that was given or ordered, however long ago."""
    ledger = view.ledger
    return _mapped(frozenset((*ledger.given, *ledger.prescribed)))


@lru_cache(maxsize=8_192)
def _mapped(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if name[0] != "<")
