"""Not assessed: an infusion that runs on without an end, so that what ran in cannot be added up.

For the first days one that is not known to run is told by the check of doses without an amount, and one that
is known to run is added up; from then on, until something ends the infusion, it is said here.
"""

from datetime import datetime, timedelta
from functools import lru_cache

from schemas.issues import NotAssessedReason
from services.safety.checks.amounts.limits import covers, rules
from services.safety.checks.amounts.open_infusions import open_infusions
from services.safety.checks.amounts.running_on import running_on
from services.safety.checks.further_dose import FurtherDose
from services.safety.checks.judgement import SILENT, Judgement, View, earliest, not_assessed
from services.safety.checks.spaced import Spaced
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.models import LimitKind
from services.safety.ledger.entries import Given


@lru_cache(maxsize=4_096)
def _said_for(knowledge: KnowledgeBase, ingredient: str) -> timedelta | None:
    """For how long the check of doses says that an amount is missing; None without a limit of the day."""
    daily = [rule.window for rule in rules(knowledge, ingredient, LimitKind.DAILY) if not rule.row.shadow]
    return max(daily) + knowledge.policy.dose.retrospective if daily else None


class UnassessedInfusion:
    """Infusions of one ingredient whose amount no limit of a day can be applied to any more."""

    id = "not-assessed-infusion"
    per_ingredient = True

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a limit of the day."""
        return _said_for(knowledge, ingredient) is not None

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders and stays, which end infusions."""
        return frozenset({"given", "orders", "encounters"})

    def judge(self, view: View, subject: str) -> Judgement:
        """One finding for the drug, as long as one of its infusions runs."""
        said_for = _said_for(view.knowledge, subject)
        if said_for is None:
            return SILENT
        infusions, review_at = open_infusions(view, subject)
        summed, _ = running_on(view, subject)
        counted_until = {each.dose.entity: each.dose.end for each in summed}
        running: list[str] = []
        begun: list[datetime] = []
        for each in infusions:
            dose = each.dose
            asked_from = counted_until.get(dose.entity, dose.start + said_for)
            if not _counts(view.knowledge, dose):
                continue
            review_at = earliest(view.now, review_at, asked_from)
            if asked_from <= view.now < each.until:
                running.append(dose.entity)
                begun.append(dose.start)
        if not running:
            return SILENT if review_at is None else Judgement((), review_at)
        text = (
            f"{subject}: an infusion runs since {view.clock(min(begun))} and no end is stated: what "
            "ran in cannot be added up."
        )
        reason = NotAssessedReason.MISSING_DURATION
        found = not_assessed(self.id, reason, f"{subject}|running", text, tuple(running), (subject,))
        return Judgement((found,), review_at)

    def stands(self, view: View, further: FurtherDose, held: Judgement) -> bool | Spaced:  # noqa: ARG002
        """For a dose without a rate, which neither runs on nor ends what runs."""
        return further.dose.pace is None and Spaced()


def _counts(knowledge: KnowledgeBase, dose: Given) -> bool:
    daily = rules(knowledge, dose.ingredient, LimitKind.DAILY)
    return dose.amount is None and any(covers(rule.routes, dose.route, micro=False) for rule in daily)
