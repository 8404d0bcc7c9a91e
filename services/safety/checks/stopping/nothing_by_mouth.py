"""Nothing by mouth: a drug that is dangerous to stop is ordered by mouth only while nothing may be swallowed.

That is an abrupt stop by omission, from the first moment on and not when doses were missed. It ends with the
order for nothing by mouth, with the stay, with an order by another way, or with a dose that is given for all
that; as any abrupt stop it is shown for a presumed stay.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.clinical import Condition
from schemas.medications import Route
from schemas.nothing_by_mouth import orders_nothing_by_mouth
from services.safety.checks.amounts.dose_slots import scheduled
from services.safety.checks.judgement import View, earliest
from services.safety.checks.local_routes import LOCAL_ROUTES
from services.safety.checks.stopping.abrupt_stop import eased_off
from services.safety.checks.use.exposure import doses_of, orders_of, used_long_enough
from services.safety.checks.wards.stay import says_where, stay
from services.safety.knowledge.models import Withdrawal
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import PRESUMED_STAY

_BY_MOUTH = frozenset({Route.ORAL})
_NO_OTHER_WAY = LOCAL_ROUTES | {Route.ORAL, Route.UNKNOWN}


@dataclass(frozen=True, slots=True)
class NothingByMouth:
    """Since when nothing may be swallowed, by which order, and which orders of the drug are by mouth."""

    since: datetime
    entity: str
    orders: tuple[str, ...]
    last: Given | None
    wearing_off: bool


def nothing_by_mouth(
    view: View, ingredient: str, row: Withdrawal
) -> tuple[NothingByMouth | None, datetime | None]:
    """The stop by omission that stands now by a row, and when time may next change that."""
    fasting, review_at = _fasting(view)
    if fasting is None:
        return None, review_at
    now, since = view.now, fasting.effective_at
    entries = view.ledger.prescribed.get(ingredient, ())
    timeline = view.ledger.given.get(ingredient)
    coming = timeline.next_after(now) if timeline is not None else None
    review_at = earliest(now, review_at, coming, *(i for e in entries for i in (e.start, e.until)))
    running = [entry for entry in entries if _runs(entry, now)]
    by_mouth = [e for e in running if e.routes and e.routes <= _BY_MOUTH and Route.ORAL in row.routes]
    if not by_mouth or any(not entry.routes <= _NO_OTHER_WAY or not entry.routes for entry in running):
        return None, review_at
    given = timeline.overlapping(since, now) if timeline is not None else ()
    if any(dose.done and dose.start > since and dose.route not in LOCAL_ROUTES for dose in given):
        return None, review_at
    doses = doses_of(view, ingredient, row)
    last = doses[-1] if doses else None
    where, changes = stay(view, last.end if last is not None else None)
    stands_until = max(since, last.end if last is not None else since) + PRESUMED_STAY
    review_at = earliest(now, review_at, changes)
    if where is None or now >= stands_until:
        return None, review_at
    orders = orders_of(view, ingredient, row)
    if not used_long_enough(row, doses, orders, since) or eased_off(view, ingredient, row, doses):
        return None, review_at
    old_from = last.end + view.knowledge.policy.dose.point_event if last is not None else None
    wearing_off = old_from is not None and old_from <= now
    entities = tuple(entry.entity for entry in by_mouth)
    found = NothingByMouth(since, fasting.entity, entities, last, wearing_off)
    return found, earliest(now, review_at, old_from, stands_until)


def _runs(entry: Prescribed, now: datetime) -> bool:
    """Whether an order of the ward is in force and doses of it fall due."""
    return (
        entry.start <= now
        and (entry.until is None or now < entry.until)
        and not (entry.on_hold or entry.as_needed or entry.order.community)
        and bool(scheduled(entry))
    )


def _fasting(view: View) -> tuple[Condition | None, datetime | None]:
    """The first order for nothing by mouth that is in force, and when time may next change that."""
    orders = [fact for fact in view.ledger.conditions.values() if orders_nothing_by_mouth(fact)]
    if not orders:
        return None, None
    now = view.now
    stays = (i for f in view.ledger.encounters.values() for i in (f.effective_at, f.ends_at))
    review_at = earliest(now, *stays, *(i for f in orders for i in (f.effective_at, f.abated_at)))
    in_force = [
        fact
        for fact in orders
        if fact.effective_at <= now
        and (fact.abated_at is None or now < fact.abated_at)
        and not _left_since(view, fact)
    ]
    return min(in_force, key=lambda fact: (fact.effective_at, fact.entity), default=None), review_at


def _left_since(view: View, fact: Condition) -> bool:
    """Whether the stay in which it was ordered is over: its visit, else a stay after its beginning, unless
    one goes on that had begun by then.
    """
    now, since = view.now, fact.effective_at
    own = view.ledger.encounters.get(fact.visit) if fact.visit is not None else None
    if own is not None and own.ends_at is not None and own.ends_at <= now:
        return True
    stays = [each for each in view.ledger.encounters.values() if each.inpatient and says_where(each)]
    begun = [each for each in stays if each.effective_at <= since]
    if any(each.ends_at is None or now < each.ends_at for each in begun):
        return False
    return any(each.ends_at is not None and since < each.ends_at <= now for each in stays)
