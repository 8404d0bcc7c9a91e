"""Not assessed, by patient: visits of which nobody says whether the patient stays in the house.

Whether a dose can be missed depends on that. A visit with a ward or a bed counts as a stay, any other as if
it were not known.
"""

from datetime import datetime

from schemas.clinical import Encounter
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.knowledge.base import KnowledgeBase


class UnassessedStay:
    """Visits of unknown class that go on."""

    id = "not-assessed-stay"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Visits."""
        return frozenset({"encounters"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each of them, for as long as it goes on."""
        unknown = [visit for _, visit in sorted(view.ledger.encounters.items()) if not visit.class_known]
        if not unknown:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for visit in unknown:
            review_at = earliest(view.now, review_at, visit.effective_at, visit.ends_at)
            if visit.effective_at <= view.now and (visit.ends_at is None or view.now < visit.ends_at):
                found.append(_finding(visit))
        return Judgement(tuple(found), review_at)


def _finding(visit: Encounter) -> Finding:
    counts = (
        f"It names a place ({visit.ward}) and counts as a stay: missed doses are told, perhaps of somebody "
        "who is not in the house."
        if visit.inpatient
        else "It names no place either: only for a while after a dose are missed doses told."
    )
    text = (
        f"{visit.source} does not say of a visit whether the patient stays in the house. {counts} Send the "
        "class of the visit."
    )
    subject = f"visit|{visit.entity}"
    reason = NotAssessedReason.UNKNOWN_CLASS
    return not_assessed(UnassessedStay.id, reason, subject, text, (visit.entity,), ())
