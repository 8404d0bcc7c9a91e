"""Whether a drug is in use in the way a rule speaks of, and how much an order or a local route weighs."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import JsonValue

from schemas.base import Severity
from schemas.medications import Route
from services.safety.checks.judgement import View, sooner
from services.safety.checks.use.activity import Active, activity

_NO_ROUTES: frozenset[Route] = frozenset()


@lru_cache(maxsize=256)
def exempt_from(routes: tuple[Route, ...]) -> frozenset[Route]:
    """The routes a rule about `routes` does not speak of: none if it names none; an unknown route counts."""
    return frozenset(Route) - {*routes, Route.UNKNOWN} if routes else _NO_ROUTES


def in_use(
    view: View, ingredient: str, exposure: timedelta | None, exempt: frozenset[Route]
) -> tuple[Active | None, datetime | None]:
    """Whether a drug is ordered, or was given within `exposure` (by default the policy's point event)."""
    return activity(view, ingredient, exposure or view.knowledge.policy.dose.point_event, exempt)


def each_in_use(
    view: View, asked: Iterable[tuple[str, timedelta | None, frozenset[Route]]]
) -> tuple[dict[str, Active], datetime | None]:
    """Of drugs, each with its exposure and exempt routes, those in use; and when that may next change."""
    found: dict[str, Active] = {}
    review_at: datetime | None = None
    for ingredient, exposure, exempt in asked:
        active, changes = in_use(view, ingredient, exposure, exempt)
        review_at = sooner(review_at, changes)
        if active is not None:
            found[ingredient] = active
    return found, review_at


def weighed(severity: Severity, active: Active) -> Severity:
    """One severity lower while an as-needed drug was never given, and where it acts where it is applied."""
    if active.only_as_needed:
        severity = severity.stepped(-1)
    if active.local:
        severity = severity.stepped(-1)
    return severity


def use_shown(active: Active) -> dict[str, JsonValue]:
    """The drug in use, for evidence."""
    return {
        "ingredient": active.ingredient,
        "entities": list(active.entities),
        "given": active.dosed,
        "only_as_needed_never_given": active.only_as_needed,
        "local_route": active.local,
        "known_by_name_only": active.by_text,
    }
