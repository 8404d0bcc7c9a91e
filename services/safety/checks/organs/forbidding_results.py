"""Whether a result forbids a drug at an instant, by the newest result that was known of it then."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import SourceRef
from schemas.medications import Route
from services.safety.checks.amounts.limits import covers
from services.safety.checks.amounts.line_flush import Flush, flush_of
from services.safety.checks.judgement import View
from services.safety.checks.patient.beyond_range import Beyond
from services.safety.checks.patient.measured import Measured, Reading, measured
from services.safety.knowledge.base import KnowledgeBase, source_ref
from services.safety.knowledge.kinds.result_limit import ResultLimit
from services.safety.knowledge.measurements import Measurement
from services.safety.ledger.entries import Given, Prescribed


@dataclass(frozen=True, slots=True, eq=False)
class ResultRule:
    """A row made ready, with its measurement."""

    row: ResultLimit
    measurement: Measurement
    routes: frozenset[Route]
    source: SourceRef
    flush: Flush | None

    def speaks_of(self, route: Route) -> bool:
        """Whether the row is for a way of giving; one that is not known counts."""
        return route is Route.UNKNOWN or covers(self.routes, route, micro=False)

    def treats_by_dose(self, view: View, dose: Given, reviews: list[datetime | None]) -> bool:
        """Whether the row is for a dose; adds to `reviews` when time alone may change that."""
        if not self.speaks_of(dose.route):
            return False
        return self.flush is None or not self.flush.is_dose(view, dose, reviews)

    def treats_by_order(self, view: View, entry: Prescribed, reviews: list[datetime | None]) -> bool:
        """Whether the row is for an order; adds to `reviews` when time alone may change that."""
        if entry.routes and not any(map(self.speaks_of, entry.routes)):
            return False
        return self.flush is None or not self.flush.is_order(view, entry, reviews)

    def at(self, view: View, instant: datetime) -> tuple[Measured, datetime | None]:
        """What was known of the measurement at an instant, by all that is on record of it now."""
        return measured(view if instant == view.now else view._replace(now=instant), self.row.measure)

    def forbidding(self, known: Measured) -> Reading | None:
        """The result that forbids the drug, None where none does."""
        reading = known.reading or self._beyond(known)
        if reading is None:
            return None
        if reading.beyond is None:
            return reading if self.row.forbids(reading.value) else None
        return reading if self._forbidden_by(reading.beyond) else None

    def silent(self, known: Measured) -> bool:
        """Whether nothing is to be said: a usable result allows the drug, or there is no result at all."""
        usable = known.reading or self._beyond(known)
        return self.forbidding(known) is None and (usable is not None or not known.unusable)

    def _beyond(self, known: Measured) -> Reading | None:
        """The newest result where it is beyond the range of its method and its bound alone decides."""
        newest = known.unusable[0] if known.unusable else None
        if newest is None or newest.beyond is None or self._forbidden_by(newest.beyond) is None:
            return None
        return Reading(newest.entity, newest.at, newest.beyond.value, newest.beyond)

    def _forbidden_by(self, beyond: Beyond) -> bool | None:
        below = beyond.lies_below(self.row.bound)
        return below if below is None or self.row.below is not None else not below


@lru_cache(maxsize=4_096)
def result_rules(knowledge: KnowledgeBase, ingredient: str) -> tuple[ResultRule, ...]:
    """The rows about a drug whose measurement the base knows."""
    return tuple(
        ResultRule(row, known, frozenset(row.routes), source_ref(row), flush_of(row.flush))
        for row in knowledge.rules_of(ingredient, ResultLimit)
        if (known := knowledge.measurements.get(row.measure)) is not None
    )
