"""Not assessed, by patient: a visit that was moved from one patient to another, at both.

What names the visit is judged where it is now. What names none stayed where it was charted, and nobody can
say whose it is: whoever looks at either record has to see that.
"""

from datetime import datetime

from schemas.clinical import VisitMove
from schemas.issues import NotAssessedReason
from services.safety.checks.charting.charted_again import SHOWN_FOR
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.visits import Home, filed_by


class VisitMoved:
    """Visits of a patient that became another one's, and those of others that became this one's."""

    id = "not-assessed-visit-moved"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """What is stated of moves; `merges` says whose record this is."""
        return frozenset({"moves", "merges"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each visit, for as long as it is shown."""
        ledger = view.ledger
        if not ledger.homes or ledger.survivor is not None:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for home in dict.fromkeys(home for _, home in sorted(ledger.homes.items())):
            about = [move for move in ledger.moves.values() if not home.filed.isdisjoint(filed_by(move))]
            newest = max(about, key=lambda move: (move.recorded_at, move.version, move.to))
            until = newest.received_at + SHOWN_FOR
            finding = _finding(home, newest, {newest.patient, *ledger.joined})
            if finding is not None and view.now < until:
                found.append(finding)
                review_at = earliest(view.now, review_at, until)
        return Judgement(tuple(found), review_at)


def _finding(home: Home, newest: VisitMove, own: set[str]) -> Finding | None:
    """What is said of a visit to a patient whose records are `own`; None where only its number changed."""
    records = home.records
    if records <= own:
        return None
    if home.owner in own:
        text = (
            f"A visit of another patient was moved to this one by {newest.source}: what was charted in it "
            "counts here now. What names no visit stayed at the other record. If a dose, an order or a "
            "result is missing here, chart it anew."
        )
    elif not records.isdisjoint(own):
        text = (
            f"A visit of this record was moved to another patient by {newest.source}: orders, doses and "
            "results that name it count there. What names no visit stayed here. If any of it belongs to the "
            "other patient, chart it there and take it back here. Allergies and conditions count at both."
        )
    else:
        return None
    subject = f"visit|{min(home.names)}"
    return not_assessed(VisitMoved.id, NotAssessedReason.VISIT_MOVED, subject, text, (newest.entity,), ())
