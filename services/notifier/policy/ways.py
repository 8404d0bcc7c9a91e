"""The ways of a policy one after the other, each with its place in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.notifier.policy.routes import RoutesFile, Way
from services.notifier.policy.site import TECHNICAL, UNMATCHED


@dataclass(frozen=True, slots=True)
class WayAt:
    """A way, where it stands, and the wards whose alerts take it; none for those that serve no ward."""

    way: Way
    place: tuple[str | int, ...]
    wards: tuple[str, ...]

    def references(self) -> Iterator[tuple[str, tuple[str, ...] | None, tuple[str | int, ...]]]:
        """Each reference with the channels it is limited to, and its place."""
        for number, step in enumerate(self.way.steps):
            for at, ref in enumerate(step.tell):
                yield ref, step.by, (*self.place, "steps", number, "tell", at)
        for at, ref in enumerate(self.way.fallback):
            yield ref, None, (*self.place, "fallback", at)


def ways(routes: RoutesFile) -> Iterator[WayAt]:
    """The routes in their order, then the ways of what is unmatched and of technical alerts."""
    for number, route in enumerate(routes.routes):
        yield WayAt(route, ("routes", number), wards_named(route.wards, routes))
    yield WayAt(routes.unmatched, (UNMATCHED,), ())
    yield WayAt(routes.technical, (TECHNICAL,), ())


def wards_named(wards: tuple[str, ...] | None, routes: RoutesFile) -> tuple[str, ...]:
    """The wards that a row names, those of the policy where it is for all."""
    return routes.wards if wards is None else wards
