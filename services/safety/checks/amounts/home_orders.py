"""Home orders beside orders of the ward: what the ward goes on with is one treatment, not two.

A home medication tells what the patient took before. Where a ward orders the same drug by the same way, its
order is what is given now: the two are no duplicate, and their doses are no sum.
"""

from collections.abc import Iterable

from schemas.medications import Route
from services.safety.ledger.entries import Prescribed


def continued(entries: list[Prescribed]) -> list[Prescribed]:
    """Active orders of one drug without those from home that an order of the ward stands in for."""
    home = [entry for entry in entries if entry.order.community]
    if not home or len(home) == len(entries):
        return entries
    ward = [entry for entry in entries if not entry.order.community]
    return [entry for entry in entries if not (entry.order.community and _stood_in_for(entry, ward))]


def _stood_in_for(home: Prescribed, ward: Iterable[Prescribed]) -> bool:
    return any(_unsure(home) or _unsure(entry) or home.routes & entry.routes for entry in ward)


def _unsure(entry: Prescribed) -> bool:
    return not entry.routes or Route.UNKNOWN in entry.routes
