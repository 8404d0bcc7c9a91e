"""Why an amount cannot be held against the limits of its drug."""

from collections.abc import Sequence
from functools import lru_cache

from schemas.issues import NotAssessedReason
from schemas.medications import Route
from services.safety.checks.amounts.limits import Rule
from services.safety.ledger.entries import DoseKind


@lru_cache(maxsize=16_384)
def kind_problem(kind: DoseKind, limits: tuple[Rule, ...]) -> NotAssessedReason | None:
    """Why such a dose cannot be held against the drug's limits; None where it can or no limit is for it."""
    if kind.dimension is None:
        in_reach = not limits or kind.route is Route.UNKNOWN or any(kind.route in r.routes for r in limits)
        return kind.problem if in_reach else None
    of_form = [rule for rule in limits if rule.of_form(kind.release)]
    return amount_problem(kind.dimension, kind.micro, kind.route, of_form)


def amount_problem(
    dimension: str, micro: bool, route: Route, limits: Sequence[Rule]
) -> NotAssessedReason | None:
    """Why an amount of a dimension cannot be held against those limits; None where it can.

    `micro`: in micrograms, which without a route may have gone by mouth or into the spine.
    """
    if route is Route.UNKNOWN and micro:
        return NotAssessedReason.IMPLAUSIBLE_VALUE
    by_route = [rule for rule in limits if rule.covers(route, micro)]
    if by_route and all(rule.dimension != dimension for rule in by_route):
        return NotAssessedReason.UNCONVERTIBLE_UNIT
    return None
