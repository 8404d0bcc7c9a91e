"""Alerts that no route takes, and routes that take no alert."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.routes import QUIETEST_THAT_PAGES
from services.notifier.policy.ways import wards_named
from services.safety.knowledge.problems import Problem

_TIERS = range(1, QUIETEST_THAT_PAGES + 1)


def problems(written: Written) -> Iterator[Problem]:
    """Wards with a tier for which there is no route, and routes behind others that take all they could."""
    routes = written.routes.value
    taken: dict[tuple[str, int], str] = {}
    for number, route in enumerate(routes.routes):
        here = {(ward, tier) for ward in wards_named(route.wards, routes) for tier in route.tiers}
        if here and here <= set(taken):
            first = taken[min(here)]
            what = (
                f"the route {route.id!r} takes nothing: routes before it, such as {first!r}, take all of it"
            )
            yield written.routes.problem(what, "move it before them, or remove it", "routes", number)
        if route.checks is None:
            taken |= {both: route.id for both in here if both not in taken}
    for number, ward in enumerate(routes.wards):
        missing = [str(tier) for tier in _TIERS if (ward, tier) not in taken]
        if missing:
            what = f"no route takes every alert of tier {', '.join(missing)} on ward {ward!r}"
            cure = "add a route for them, or add them to one without checks"
            yield written.routes.problem(what, cure, "wards", number)
