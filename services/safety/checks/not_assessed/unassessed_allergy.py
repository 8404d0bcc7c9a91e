"""Not assessed, by patient: allergies to something that the knowledge base does not know."""

from datetime import datetime

from schemas.issues import NotAssessedReason
from services.safety.checks.contraindications.allergens import allergen
from services.safety.checks.contraindications.allergy import AllergicDrug, counted
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.knowledge.base import KnowledgeBase


class UnassessedAllergy:
    """Recorded allergies that lead to no drug and to no class."""

    id = "not-assessed-allergy"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Allergies."""
        return frozenset({"allergies"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each statement of which a part cannot be checked against drugs."""
        if not view.ledger.allergies:
            return SILENT
        findings: list[Finding] = []
        review_at: datetime | None = None
        for fact in counted(view):
            unknown = allergen(view.knowledge, fact.substance).unknown
            if not unknown:
                continue
            review_at = earliest(view.now, review_at, fact.effective_at)
            if fact.effective_at <= view.now:
                text = (
                    f"An allergy to {', '.join(unknown)} is recorded, which is no drug known here: "
                    "nothing that is ordered or given is checked against it."
                )
                reason = NotAssessedReason.UNMAPPED_DRUG
                findings.append(
                    not_assessed(AllergicDrug.id, reason, f"allergy|{fact.entity}", text, (fact.entity,), ())
                )
        return Judgement(tuple(findings), review_at)
