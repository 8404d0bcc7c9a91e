"""Whether a patient is used to a class of drugs at an instant, by doses given and scheduled orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.medications import Route
from services.safety.checks.judgement import View, earliest
from services.safety.checks.use.course import course
from services.safety.checks.use.roster import present
from services.safety.ledger.record import known_since

_EVERY_ROUTE: frozenset[Route] = frozenset()


@dataclass(frozen=True, slots=True)
class Use:
    """In use since `since`, the instant itself where nothing came before; known from `known_from` on.

    `changes`: when time alone may next change that, seen from the instant asked about.
    """

    since: datetime
    known_from: datetime
    changes: datetime | None

    def long_enough(self, at: datetime, used_for: timedelta) -> bool:
        """Whether the patient was used to it at an instant."""
        return at - self.since >= used_for

    def record_too_short(self, naive_for: timedelta) -> bool:
        """Whether nobody can say what came before."""
        return self.since - self.known_from < naive_for


def use_at(view: View, at: datetime, drugs: Iterable[str], gap: timedelta) -> Use:
    """Since when any of some drugs was in use at an instant, without a break of `gap` in one of them."""
    then = view._replace(now=at)
    there = present(view)
    courses = [course(then, drug, _EVERY_ROUTE, gap) for drug in drugs if drug in there]
    since = min((use.start for use, _ in courses if use is not None), default=at)
    changes = earliest(at, *(instant for _, instant in courses))
    return Use(since, known_since(view.ledger, since), changes)
