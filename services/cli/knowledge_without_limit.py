"""By which routes a drug may be given and no row says how much is too much, for the table of coverage."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.medications import Route
from services.safety.checks.amounts.amount_limits import SYSTEMIC, Limited, Way, limited
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.route import ForbiddenRoute

_ROUTES = tuple(route for route in Route if route in SYSTEMIC - {Route.OTHER, Route.UNKNOWN})


@dataclass(frozen=True, slots=True)
class WithoutLimit:
    """`anywhere`: the drugs without a limit by any route; `by_route`: those with one by other routes only.

    `spoken_of` are those of a route that some row, or a defined daily dose, says are given so.
    """

    drugs: int
    anywhere: tuple[str, ...]
    by_route: dict[Route, tuple[str, ...]]
    spoken_of: dict[Route, tuple[str, ...]]

    def as_json(self) -> dict[str, object]:
        """All names, by route."""
        return {
            "by any route": self.anywhere,
            **{route.value: names for route, names in self.by_route.items()},
        }

    def rows(self) -> Iterator[tuple[str, str]]:
        """What is counted and named in the table: a heading and a text each."""
        yield "no dose limit", _counted(self.anywhere, f"of {self.drugs} drugs, by any route", self.anywhere)
        for route, names in self.by_route.items():
            what = "drugs that have one by another route"
            yield f"no dose limit, {route.value}", _counted(names, what, self.spoken_of[route])


def without_limit(base: KnowledgeBase) -> WithoutLimit:
    """The drugs of a base for which a limit is missing, in order of their names."""
    missing = {
        drug: frozenset(route for route in _ROUTES if _missing(base, drug, route))
        for drug in sorted(base.drugs)
    }
    anywhere = tuple(drug for drug, routes in missing.items() if len(routes) == len(_ROUTES))
    some = {drug: routes for drug, routes in missing.items() if 0 < len(routes) < len(_ROUTES)}
    by_route = {route: tuple(drug for drug, routes in some.items() if route in routes) for route in _ROUTES}
    spoken_of = {
        route: tuple(drug for drug in names if route in _routes_spoken_of(base, drug))
        for route, names in by_route.items()
    }
    return WithoutLimit(len(base.drugs), anywhere, by_route, spoken_of)


def _missing(base: KnowledgeBase, drug: str, route: Route) -> bool:
    ways = (Way(route, None, micro=False, runs=runs) for runs in (False, True))
    return all(limited(base, drug, way) is Limited.NOBODY for way in ways)


def _routes_spoken_of(base: KnowledgeBase, drug: str) -> frozenset[Route]:
    known = base.drugs[drug]
    rules = [rule for rule in base.every_rule_of(drug) if not isinstance(rule, ForbiddenRoute)]
    found = {each.route for each in known.ddd}
    for rows in (known.limits, known.withdrawal, rules):
        found.update(route for row in rows for route in row.routes)
    return frozenset(found)


def _counted(names: tuple[str, ...], what: str, named: tuple[str, ...]) -> str:
    told = ", ".join(named)
    if not told:
        return f"{len(names)} {what}"
    return f"{len(names)} {what}{'; other rows speak of ' if len(named) < len(names) else ': '}{told}"
