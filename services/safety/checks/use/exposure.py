"""Whether a patient has got used to a drug: how long it was taken, by doses given and home medication."""

from collections.abc import Sequence
from datetime import datetime

from schemas.medications import Route
from services.safety.checks.judgement import View
from services.safety.knowledge.models import Withdrawal
from services.safety.ledger.entries import Given, Prescribed
from services.safety.ledger.pruning import PRESUMED_STAY, reach


def doses_of(view: View, ingredient: str, row: Withdrawal) -> tuple[Given, ...]:
    """The doses done by a route of the row, in order, as far back as any check may look."""
    timeline = view.ledger.given.get(ingredient)
    if timeline is None:
        return ()
    since = view.now - reach(view.knowledge, ingredient)
    return tuple(
        dose
        for dose in timeline.overlapping(since, view.now)
        if dose.done and dose.end > since and _by_route(row, dose)
    )


def orders_of(view: View, ingredient: str, row: Withdrawal) -> list[Prescribed]:
    """The orders that have begun, by a route of the row or by none named, in order of their start."""
    return [
        entry
        for entry in view.ledger.prescribed.get(ingredient, ())
        if entry.start <= view.now and (not entry.routes or any(_fits(row, route) for route in entry.routes))
    ]


def used_since(doses: Sequence[Given], orders: Sequence[Prescribed], until: datetime) -> datetime:
    """Since when the drug was in use at `until`, without a pause longer than a presumed stay."""
    begun = until
    for dose in reversed(doses):
        if dose.start > until:
            continue
        if dose.end < begun - PRESUMED_STAY:
            break
        begun = min(begun, dose.start)
    home = sorted((e for e in orders if e.order.community), key=lambda e: e.start, reverse=True)
    for entry in home:
        ends = until if entry.until is None else min(until, entry.until)
        if entry.start < begun <= ends + PRESUMED_STAY:
            begun = entry.start
    return begun


def used_long_enough(
    row: Withdrawal, doses: Sequence[Given], orders: Sequence[Prescribed], until: datetime
) -> bool:
    """Whether stopping at `until` is dangerous by the row's time of use."""
    return until - used_since(doses, orders, until) >= row.used_for


def _fits(row: Withdrawal, route: Route) -> bool:
    return route in row.routes or (route is Route.UNKNOWN and Route.ORAL in row.routes)


def _by_route(row: Withdrawal, dose: Given) -> bool:
    unsure = dose.route is Route.UNKNOWN and dose.amount is not None and dose.amount.micro
    return _fits(row, dose.route) and not unsure
