"""Not assessed, by patient: what counts here no more because its source charted it again for another patient.

Mostly the first charting was the slip. Where a source gives one number to two things, both patients had
theirs and one of them is in no sum: who looks at the record has to see what was taken away.
"""

from datetime import datetime, timedelta

from schemas.clinical import Administration, Claimable, Observation, Order
from schemas.issues import NotAssessedReason
from services.safety.checks.judgement import SILENT, Finding, Judgement, View, earliest, not_assessed
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.entries import ingredients_of

SHOWN_FOR = timedelta(days=7)
"""House rule: long enough for whoever reads the record at the next rounds, also after a long weekend."""


class ChartedAgain:
    """Orders, doses, results and stays of a patient that were given up to another one."""

    id = "not-assessed-charted-again"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """What was given up."""
        return frozenset({"given_up"})

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each of them, until it was shown long enough or is stated here again."""
        if not view.ledger.given_up:
            return SILENT
        found: list[Finding] = []
        review_at: datetime | None = None
        for entity, fact in sorted(view.ledger.given_up.items()):
            until = fact.received_at + SHOWN_FOR
            if view.now < until:
                found.append(_finding(view, entity, fact))
                review_at = earliest(view.now, review_at, until)
        return Judgement(tuple(found), review_at)


def _finding(view: View, entity: str, fact: Claimable) -> Finding:
    noun, what, drugs = _what(fact, view.knowledge)
    text = (
        f"{noun} of this record ({what}, {view.clock(fact.effective_at)}) was charted "
        f"again for another patient under the same number by {fact.source}, and does not count here any "
        "more. If this patient had it as well, chart it anew under a number of its own."
    )
    return not_assessed(
        ChartedAgain.id, NotAssessedReason.CHARTED_AGAIN, f"entity|{entity}", text, (entity,), drugs
    )


def _what(fact: Claimable, knowledge: KnowledgeBase) -> tuple[str, str, tuple[str, ...]]:
    """Its kind, what it is in words, and the drugs that it is about."""
    if isinstance(fact, Order | Administration):
        names = (name.strip("<>") for name, _, _ in ingredients_of(fact.medication, knowledge))
        drugs = tuple(dict.fromkeys(names))
        noun = "An order" if isinstance(fact, Order) else "A dose"
        return noun, ", ".join(drugs), drugs
    if isinstance(fact, Observation):
        codes = [f"code {coding.code}" for coding in fact.codings]
        return "A result", fact.text or ", ".join(codes), ()
    return "A stay", fact.ward or "no ward", ()
