"""Which orders and loose doses keep a drug in use beside other drugs.

A dose of a known order says nothing that its order does not: when that order has ended, the drug was
stopped or changed for another. A dose without a known order keeps the drug in use for a while.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.medications import Route
from services.safety.checks.amounts.line_flush import Flush
from services.safety.checks.judgement import View, earliest, sooner
from services.safety.checks.local_routes import LOCAL_ROUTES
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.activity import active_orders
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import reach


@dataclass(frozen=True, slots=True)
class Running:
    """An active order. `only_as_needed`: nothing of it is scheduled and nothing was given on it so far."""

    entry: Prescribed
    once: bool
    local: bool
    only_as_needed: bool


@dataclass(frozen=True, slots=True)
class InUse:
    """One ingredient in use now, by orders as they began, and by the loose dose that lasts longest."""

    ingredient: str
    orders: tuple[Running, ...]
    loose: Given | None

    @property
    def entities(self) -> tuple[str, ...]:
        """The orders and the dose."""
        dose = (self.loose.entity,) if self.loose is not None else ()
        return (*(running.entry.entity for running in self.orders), *dose)

    @property
    def scheduled(self) -> bool:
        """Whether an order that is not only as needed keeps it in use."""
        return any(not running.entry.as_needed for running in self.orders)

    @property
    def only_as_needed(self) -> bool:
        """Whether it may be given when needed and so far was not."""
        return self.loose is None and all(running.only_as_needed for running in self.orders)

    @property
    def local(self) -> bool:
        """Whether it acts where it is applied and nowhere else."""
        loose = self.loose is None or self.loose.route in LOCAL_ROUTES
        return loose and all(running.local for running in self.orders)

    @property
    def by_text(self) -> bool:
        """Whether it is known by its name only, in part at least."""
        return (self.loose is not None and self.loose.by_text) or any(
            running.entry.by_text for running in self.orders
        )


_remembered: Remembered[InUse | None] = Remembered()


def in_use(
    view: View, ingredient: str, exposure: timedelta, exempt: frozenset[Route], flush: Flush | None = None
) -> tuple[InUse | None, datetime | None]:
    """What keeps an ingredient in use now, and when time alone may next change that.

    An order for one dose counts for the exposure after its start. What only flushes a line is no use.
    """
    ledger, knowledge = view.ledger, view.knowledge
    given, prescribed = ledger.given.get(ingredient), ledger.prescribed.get(ingredient)
    person = ledger.person if flush is not None else None
    key = (id(given), id(prescribed), id(knowledge), id(person), ingredient, exposure, exempt, flush)
    known = _remembered.known(view.now, key)
    if known is None:
        about = (given, prescribed, knowledge, person)
        known = _remembered.keep(view.now, key, about, *_in_use(view, ingredient, exposure, exempt, flush))
    return known


def _in_use(
    view: View, ingredient: str, exposure: timedelta, exempt: frozenset[Route], flush: Flush | None
) -> tuple[InUse | None, datetime | None]:
    entries, review_at = active_orders(view, ingredient)
    running: list[Running] = []
    flushing: set[str] = set()
    grows_up: list[datetime | None] = []
    for entry in entries:
        if entry.routes and entry.routes <= exempt:
            continue
        if flush is not None and flush.is_order(view, entry, grows_up):
            flushing.add(entry.entity)
            continue
        once = _once(entry)
        if once:
            if entry.start + exposure <= view.now:
                continue
            review_at = sooner(review_at, entry.start + exposure)
        untouched = False
        if entry.as_needed:
            untouched, changes = _untouched(view, entry)
            review_at = sooner(review_at, changes)
        local = bool(entry.routes) and entry.routes <= LOCAL_ROUTES
        running.append(Running(entry, once, local, untouched))
    timeline = view.ledger.given.get(ingredient)
    loose = None
    if timeline is not None:
        doses = (
            dose
            for dose in timeline.overlapping(view.now - exposure, view.now)
            if dose.route not in exempt
            and not _ordered(view, dose, flushing)
            and (flush is None or not flush.is_dose(view, dose, grows_up))
        )
        loose = _lasting_longest(doses, view.now - exposure)
        review_at = sooner(review_at, timeline.next_after(view.now))
    if loose is not None:
        review_at = sooner(review_at, loose.end + exposure)
    review_at = sooner(review_at, earliest(view.now, *grows_up))
    if not running and loose is None:
        return None, review_at
    return InUse(ingredient, tuple(running), loose), review_at


def _untouched(view: View, entry: Prescribed) -> tuple[bool, datetime | None]:
    """Whether an order as needed was never drawn on, as far back as doses are remembered."""
    timeline = view.ledger.given.get(entry.ingredient)
    if timeline is None:
        return True, None
    remembered = reach(view.knowledge, entry.ingredient)
    last: datetime | None = None
    for dose in timeline.overlapping(view.now - remembered, view.now):
        drawn = dose.done and dose.start >= entry.start and dose.order in (None, entry.entity)
        if drawn and dose.end + remembered > view.now:
            last = dose.end if last is None else max(last, dose.end)
    if last is None:
        return True, timeline.next_after(view.now)
    return False, last + remembered


def _lasting_longest(doses: Iterable[Given], after: datetime) -> Given | None:
    """Of doses that were given and ended after an instant the one that keeps its drug in use longest."""
    best: Given | None = None
    for dose in doses:
        if dose.done and dose.end > after and (best is None or _lasts(best) < _lasts(dose)):
            best = dose
    return best


def _lasts(dose: Given) -> tuple[bool, datetime, str]:
    """What acts in the whole body says more than what is applied somewhere, then what lasts longest."""
    return (dose.route not in LOCAL_ROUTES, dose.end, dose.entity)


def _ordered(view: View, dose: Given, flushing: Set[str]) -> bool:
    """Whether an order that says for how long the drug is in use knows of the dose.

    An order that only flushes a line says nothing of a larger dose that was charted under it.
    """
    if dose.order is None or dose.order in flushing:
        return False
    entries = view.ledger.prescribed.get(dose.ingredient, ())
    return any(entry.entity == dose.order and not _once(entry) for entry in entries)


def _once(entry: Prescribed) -> bool:
    return bool(entry.order.dosages) and all(dosage.once for dosage in entry.order.dosages)
