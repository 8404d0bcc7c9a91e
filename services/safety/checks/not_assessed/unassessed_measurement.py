"""Not assessed, by patient: a value that was not believed, where the one before it stands in.

Where an unusable newest value leaves a quantity unknown, whatever needs it says so itself. Where the one
before it stands in, judgement goes on, and people must know that it does not go by what was written last.
"""

from datetime import datetime
from functools import lru_cache

from schemas.issues import NotAssessedReason
from schemas.quantities import plain
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.checks.patient.measured import codes_of, measured
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.measurements import Doubted, Measurement

_WHY = {
    NotAssessedReason.IMPLAUSIBLE_VALUE: "it does not fit what else is known",
    NotAssessedReason.BEFORE_BIRTH: "it is dated before the birth date",
    NotAssessedReason.UNKNOWN_UNIT: "its unit is not known",
    NotAssessedReason.UNCONVERTIBLE_UNIT: "its unit cannot be converted",
}


@lru_cache(maxsize=8)
def _replaced(knowledge: KnowledgeBase) -> tuple[Measurement, ...]:
    return tuple(each for each in knowledge.measurements.values() if each.doubted is Doubted.PREVIOUS)


@lru_cache(maxsize=8)
def _codes(knowledge: KnowledgeBase) -> frozenset[str]:
    return frozenset().union(*(codes_of(knowledge, each.id) for each in _replaced(knowledge)))


class UnassessedMeasurement:
    """What was measured of a patient and is not used."""

    id = "not-assessed-measurement"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """The codes of what is measured, and stays."""
        return _codes(knowledge) | {"encounters"}

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each quantity whose newest value is not used."""
        observed = view.ledger.observed
        if not any(code in observed for code in _codes(view.knowledge)):
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for measurement in _replaced(view.knowledge):
            known, changes = measured(view, measurement.id)
            review_at = earliest(view.now, review_at, changes)
            if not known.unusable:
                continue
            newest, used = known.unusable[0], known.reading
            instead = (
                f"{plain(used.value)} {measurement.unit} of {view.clock(used.at)} is used"
                if used is not None
                else "it counts as not known"
            )
            text = (
                f"The {measurement.label} of {view.clock(newest.at)} is not used, because "
                f"{_WHY.get(newest.reason, 'it cannot be read')}; {instead}. Measure again."
            )
            entities = (*(each.entity for each in known.unusable), *((used.entity,) if used else ()))
            found.append(not_assessed(self.id, newest.reason, measurement.label, text, entities, drugs=()))
        return Judgement(tuple(found), review_at) if found or review_at is not None else SILENT
