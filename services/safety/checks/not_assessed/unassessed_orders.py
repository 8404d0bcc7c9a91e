"""What no limit can be applied to among the orders of a drug.

An order counts to the end of a known stay, however often it is stopped and ordered anew.
"""

from datetime import datetime, timedelta

from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.amount_problems import amount_problem
from services.safety.checks.amounts.daily_order import daily_parts, dose_changes
from services.safety.checks.amounts.limits import Rule
from services.safety.checks.judgement import View, earliest
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.activity import active_orders
from services.safety.checks.wards.stay import stay
from services.safety.ledger.entries import Prescribed

_INSTANT = timedelta(microseconds=1)
_of_orders: Remembered[tuple[tuple[NotAssessedReason, str], ...]] = Remembered()


def from_orders(
    view: View,
    subject: str,
    limits: tuple[Rule, ...],
    problems: dict[NotAssessedReason, dict[str, None]],
) -> datetime | None:
    """Adds orders that no limit can be applied to, by reason; when time alone may change that.

    They are remembered, because most doses do not change them.
    """
    entries = view.ledger.prescribed.get(subject)
    if entries is None:
        return None
    about = (entries, view.ledger.encounters, limits)
    key = tuple(map(id, about))
    known = _of_orders.known(view.now, key)
    if known is None:
        found: dict[NotAssessedReason, dict[str, None]] = {}
        review_at = _judge_orders(view, subject, limits, found)
        pairs = tuple((reason, entity) for reason, entities in found.items() for entity in entities)
        known = _of_orders.keep(view.now, key, about, pairs, review_at)
    for reason, entity in known[0]:
        problems.setdefault(reason, {})[entity] = None
    return known[1]


def _judge_orders(
    view: View, subject: str, limits: tuple[Rule, ...], problems: dict[NotAssessedReason, dict[str, None]]
) -> datetime | None:
    orders, review_at = active_orders(view, subject)
    over, stay_changes = over_in_this_stay(view, subject)
    review_at = earliest(view.now, review_at, stay_changes)
    for entry, when in (*((entry, view.now) for entry in orders), *over):
        review_at = earliest(view.now, review_at, *dose_changes(entry))
        if entry.content is None:
            problems.setdefault(NotAssessedReason.UNMAPPED_DRUG, {})[entry.entity] = None
            continue
        parts, reasons = daily_parts(entry, when)
        of_form = [rule for rule in limits if rule.of_form(entry.release)]
        covered = not entry.routes or any(
            route is Route.UNKNOWN or any(route in rule.routes for rule in limits) for route in entry.routes
        )
        for reason in reasons if covered else ():
            problems.setdefault(reason, {})[entry.entity] = None
        for part in parts:
            problem = amount_problem(part.single.dimension, part.single.micro, part.route, of_form)
            if problem is not None:
                problems.setdefault(problem, {})[entry.entity] = None
    return review_at


def over_in_this_stay(view: View, subject: str) -> tuple[list[tuple[Prescribed, datetime]], datetime | None]:
    """Orders that ended within the known stay that goes on, each with the last instant at which it held.

    An order on hold held at no instant, as far as its newest statement says.
    """
    ended = [
        (entry, entry.until)
        for entry in view.ledger.prescribed.get(subject, ())
        if entry.until is not None and not entry.on_hold and entry.start < entry.until <= view.now
    ]
    if not ended:
        return [], None
    going_on, changes = stay(view, None)
    if going_on is None:
        return [], changes
    return [(entry, until - _INSTANT) for entry, until in ended if until > going_on.start], changes
