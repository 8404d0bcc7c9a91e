"""All drugs that are active in a patient now, kept up dose by dose.

Most events are one dose of one drug. The roster before it is kept by the patient's orders, and only the drugs
whose doses changed, or whose review has come, are looked at again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from immutables import Map

from services.safety.checks.activity import Active, activity
from services.safety.checks.judgement import View
from services.safety.checks.remembering import Remembered
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
_present: Remembered[frozenset[str]] = Remembered(1_000)


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
    given, earlier = view.ledger.given, before.given
    stale: list[str] = []
    if before.next_review is not None and before.next_review <= view.now:
        stale = [name for name, at in before.reviews.items() if at <= view.now]
    if given is not earlier:
        if len(given) != len(earlier):
            return None
        for name, timeline in given.items():
            known = earlier.get(name)
            if known is not timeline:
                if known is None:
                    return None
                if name[0] != "<":
                    stale.append(name)
    if not stale:
        return before if given is earlier else replace(before, given=given, since=view.now)
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


def present(view: View) -> frozenset[str]:
    """Every mapped ingredient that was given or ordered, however long ago."""
    given, prescribed = view.ledger.given, view.ledger.prescribed
    key = (id(given), id(prescribed))
    known = _present.known(view.now, key)
    if known is None:
        names = frozenset(name for name in (*given, *prescribed) if name[0] != "<")
        known = _present.keep(view.now, key, (given, prescribed), names, None)
    return known[0]
