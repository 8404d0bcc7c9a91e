"""Pages of low tiers that would wait until the next step is told."""

from collections.abc import Iterator

from services.notifier.policy.assembling import Written
from services.notifier.policy.routes import QUIETEST_THAT_PAGES, Route
from services.notifier.policy.ways import ways
from services.safety.knowledge.problems import Problem


def problems(written: Written) -> Iterator[Problem]:
    """A `together` that is not shorter than the second step of a way for tier 3."""
    routes = written.routes.value
    if routes.low_tiers is None:
        return
    together = routes.low_tiers.together
    for at in ways(routes):
        if at.way is routes.technical:
            continue
        second = at.way.steps[1].unanswered
        low = not isinstance(at.way, Route) or QUIETEST_THAT_PAGES in at.way.tiers
        if low and second is not None and second <= together:
            what = "a page of a low tier would wait for others until the second step is told"
            cure = f"make together shorter than {_span(second.total_seconds())}, or the second step later"
            yield written.routes.problem(what, cure, *at.place, "steps", 1, "unanswered")


def _span(seconds: float) -> str:
    return f"{seconds / 60:g} min"
