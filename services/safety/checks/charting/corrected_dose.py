"""Not assessed, by patient: doses charted as corrections of something that is not on record.

Where HL7 corrects the time of a dose, the corrected dose goes by another name and both count: a false alarm
at worst. To take back the one that was probably meant could take back one that was given.
"""

from datetime import datetime, timedelta

from schemas.clinical import Administration
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import ingredients_of

SHOWN_FOR = timedelta(days=1)
"""House rule: as long as two entries that look like one dose are told."""


class CorrectedDose:
    """Doses of a patient that correct nothing known."""

    id = "not-assessed-corrected-dose"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses stated as corrections."""
        return frozenset({"corrections"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each of them, for a day after it was received."""
        if not view.ledger.corrections:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for entity, dose in sorted(view.ledger.corrections.items()):
            until = dose.received_at + SHOWN_FOR
            if view.now < until:
                found.append(_finding(view, entity, dose))
                review_at = earliest(view.now, review_at, until)
        return Judgement(tuple(found), review_at)


def _finding(view: View, entity: str, dose: Administration) -> Finding:
    names = (name.strip("<>") for name, _, _ in ingredients_of(dose.medication, view.knowledge))
    drugs = tuple(dict.fromkeys(names))
    when = view.clock(dose.effective_at)
    text = (
        f"A dose ({', '.join(drugs)}, {when}) was charted by {dose.source} as the correction of one that is "
        "not on record at that time. If it corrects the time of another dose, both are counted: take back "
        "the one that was not given."
    )
    reason = NotAssessedReason.CORRECTED_DOSE
    return not_assessed(CorrectedDose.id, reason, f"entity|{entity}", text, (entity,), drugs)
