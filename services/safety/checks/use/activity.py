"""Which drugs are active in a patient at an instant, and why.

An order is active from its start until its end, unless it is on hold. A dose is active from its start until
an exposure window after it ended; a patch for as long as it is worn, and lingers. House rule: an answer
names the orders and the one dose that keeps the drug active longest, so that each further dose of the same
drug tells nothing new.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from schemas.medications import Route
from services.safety.checks.amounts.home_orders import continued
from services.safety.checks.judgement import View, sooner
from services.safety.checks.local_routes import LOCAL_ROUTES
from services.safety.checks.remembering import Remembered
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.release import Release
from services.safety.knowledge.products import AskedRelease, FormRelease
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import reach
from services.safety.ledger.timeline import Timeline

_NO_ROUTES: frozenset[Route] = frozenset()


@dataclass(frozen=True, slots=True)
class Active:
    """One ingredient active at an instant.

    `scheduled`: by an order that is not only as needed. `dosed`: by a dose within the exposure window;
    `given`: that, or a dose since an active as-needed order began. `local`: by local routes alone.
    """

    ingredient: str
    entities: tuple[str, ...]
    dosed: bool
    given: bool
    scheduled: bool
    local: bool
    by_text: bool

    @property
    def only_as_needed(self) -> bool:
        """Whether the drug may be given when needed and so far was not."""
        return not self.given and not self.scheduled


_remembered: Remembered[Active | None] = Remembered()


def active_orders(view: View, ingredient: str) -> tuple[list[Prescribed], datetime | None]:
    """The active orders of an ingredient in order of their start, and when that may next change by time.

    Without those from home with which the ward goes on.
    """
    entries = view.ledger.prescribed.get(ingredient)
    if not entries:
        return [], None
    now = view.now
    found: list[Prescribed] = []
    review_at: datetime | None = None
    for entry in entries:
        if entry.start > now:
            return continued(found), sooner(review_at, entry.start)
        if (entry.until is None or now < entry.until) and not entry.on_hold:
            found.append(entry)
            review_at = sooner(review_at, entry.until)
    return continued(found), review_at


@lru_cache(maxsize=16_384)
def _lingering(knowledge: KnowledgeBase, ingredient: str) -> timedelta:
    """The longest for which a dose of an ingredient may act when it is all delivered."""
    rows = knowledge.rules_of(ingredient, Release)
    return max((row.lingers + row.worn_for * row.depot for row in rows), default=timedelta(0))


def _last_active(
    timeline: Timeline[Given],
    now: datetime,
    exposure: timedelta,
    exempt: frozenset[Route],
    lingering: timedelta,
    release: AskedRelease | None,
) -> Given | None:
    best: Given | None = None
    longest = timeline.longest + lingering
    entries = timeline.entries
    for place in range(timeline.started(now) - 1, -1, -1):
        dose = entries[place]
        if dose.start + longest + exposure <= now or (
            best is not None and dose.start + longest <= best.acts_until
        ):
            break
        if release is not None and not FormRelease.counts(dose.release, release):
            continue
        if dose.done and dose.route not in exempt and dose.acts_until + exposure > now:
            if best is None or dose.acts_until > best.acts_until:
                best = dose
            if not longest:
                break
    return best


def activity(
    view: View,
    ingredient: str,
    exposure: timedelta,
    exempt: frozenset[Route] = _NO_ROUTES,
    release: AskedRelease | None = None,
) -> tuple[Active | None, datetime | None]:
    """Whether and why an ingredient is active now, and when that may next change by time.

    With a `release` by products only of which it is known.
    """
    ledger, knowledge = view.ledger, view.knowledge
    given, prescribed = ledger.given.get(ingredient), ledger.prescribed.get(ingredient)
    key = (id(given), id(prescribed), id(knowledge), ingredient, exposure, exempt, release)
    known = _remembered.known(view.now, key)
    if known is not None:
        return known
    answer, review_at = _activity(view, ingredient, exposure, exempt, release)
    return _remembered.keep(view.now, key, (given, prescribed, knowledge), answer, review_at)


def _activity(
    view: View,
    ingredient: str,
    exposure: timedelta,
    exempt: frozenset[Route],
    release: AskedRelease | None,
) -> tuple[Active | None, datetime | None]:
    now = view.now
    orders, review_at = active_orders(view, ingredient)
    if exempt:
        orders = [entry for entry in orders if not entry.routes or not entry.routes <= exempt]
    if release is not None:
        orders = [entry for entry in orders if FormRelease.counts(entry.release, release)]
    timeline = view.ledger.given.get(ingredient)
    dose: Given | None = None
    if timeline is not None:
        if timeline.entries[-1].start > now:
            review_at = sooner(review_at, timeline.next_after(now))
        lingering = _lingering(view.knowledge, ingredient)
        dose = _last_active(timeline, now, exposure, exempt | LOCAL_ROUTES, lingering, release)
        if dose is None:
            dose = _last_active(timeline, now, exposure, exempt, lingering, release)
        if dose is not None:
            review_at = sooner(review_at, dose.acts_until + exposure)
    if dose is None and not orders:
        return None, review_at
    scheduled = False
    local = dose is None or dose.route in LOCAL_ROUTES
    by_text = dose is not None and dose.by_text
    for entry in orders:
        scheduled = scheduled or not entry.as_needed
        by_text = by_text or entry.by_text
        local = local and bool(entry.routes) and entry.routes <= LOCAL_ROUTES
    given = dose is not None
    dosed = given
    if not given and not scheduled and timeline is not None:
        begun = min(entry.start for entry in orders)
        remembered = reach(view.knowledge, ingredient)
        lingering = _lingering(view.knowledge, ingredient)
        earlier = _last_active(timeline, now, remembered, exempt, lingering, release)
        if earlier is not None and earlier.acts_until >= begun:
            given = True
            review_at = sooner(review_at, earlier.acts_until + remembered)
    entities = tuple(entry.entity for entry in orders)
    if dose is not None and dose.entity not in entities:
        entities = (*entities, dose.entity)
    return Active(ingredient, entities, dosed, given, scheduled, local, by_text), review_at
