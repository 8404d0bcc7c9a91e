"""Not assessed, by patient: conditions that no row about a drug in use could recognise.

Rows know conditions by codes. One that has no code of a system in which any row in force is written, or is
stated in words only, is compared with nothing; that is said once, with how many there are and for which
drugs it matters. A condition that is over matters to rows that ask for a history.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from schemas.issues import NotAssessedReason
from services.safety.checks.contraindications.condition import DrugInCondition
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Judgement, View, earliest, not_assessed, sooner
from services.safety.checks.remembering import Remembered
from services.safety.checks.use.roster import roster
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.condition import ConditionRule
from services.safety.knowledge.kinds.hepatic import HepaticDose


@dataclass(frozen=True, slots=True)
class _Uncoded:
    """Entities of conditions that no row could recognise: those that hold, and those that are over."""

    present: tuple[str, ...]
    past: tuple[str, ...]


_remembered: Remembered[_Uncoded] = Remembered(5_000)


@lru_cache(maxsize=64)
def _systems(knowledge: KnowledgeBase) -> frozenset[str]:
    """The code systems in which rows in force name conditions."""
    named = [(row, row.codes) for row in knowledge.rules_of_kind(ConditionRule)]
    livers = [(row, (*row.codes, *row.perhaps)) for row in knowledge.rules_of_kind(HepaticDose)]
    return frozenset(code.system for row, codes in (*named, *livers) if not row.shadow for code in codes)


@lru_cache(maxsize=16_384)
def _asks(knowledge: KnowledgeBase, ingredient: str) -> tuple[bool, bool]:
    """Whether a row in force asks for a condition beside the drug, and whether one asks for a history."""
    rows = [row for row in knowledge.rules_of(ingredient, ConditionRule) if not row.shadow]
    livers = (row for row in knowledge.rules_of(ingredient, HepaticDose) if not row.shadow)
    return bool(rows) or any(livers), any(row.history_counts for row in rows)


class UnassessedCondition(AsksOnlyUse):
    """The conditions of a patient that are stated without a code that any row could recognise."""

    id = "not-assessed-condition"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:  # noqa: ARG002 - the protocol's
        """Doses, orders and conditions."""
        return frozenset({"given", "orders", "conditions"})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row in force about a condition."""
        return _asks(knowledge, ingredient)[0]

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for all of them while a drug is in use for which they matter."""
        if not view.ledger.conditions:
            return SILENT
        about = (view.ledger.conditions, view.knowledge)
        uncoded, review_at = _remembered(view.now, about, (), lambda: _uncoded(view))
        if not uncoded.present and not uncoded.past:
            return SILENT if review_at is None else Judgement((), review_at)
        concerned = {*view.ledger.given, *view.ledger.prescribed}
        concerned = {name for name in concerned if _matters(view.knowledge, name, uncoded)}
        active, changes = roster(view, view.knowledge.policy.dose.point_event, concerned)
        review_at = sooner(review_at, changes)
        drugs = tuple(sorted(concerned & active.keys()))
        if not drugs:
            return Judgement((), review_at)
        history = any(_asks(view.knowledge, name)[1] for name in drugs)
        entities = (*uncoded.present, *(uncoded.past if history else ()))
        text = (
            f"Conditions of the patient that are stated without a code known here: {len(entities)}. Whether "
            f"they forbid {', '.join(drugs)}, or a dose of it, is not judged."
        )
        reason = NotAssessedReason.UNCODED_CONDITION
        return Judgement((not_assessed(DrugInCondition.id, reason, "", text, entities, drugs),), review_at)


def _matters(knowledge: KnowledgeBase, ingredient: str, uncoded: _Uncoded) -> bool:
    any_row, history = _asks(knowledge, ingredient)
    return any_row and bool(uncoded.present or history)


def _uncoded(view: View) -> tuple[_Uncoded, datetime | None]:
    systems = _systems(view.knowledge)
    present: list[str] = []
    past: list[str] = []
    review_at: datetime | None = None
    for entity, fact in sorted(view.ledger.conditions.items()):
        if any(coding.system in systems for coding in fact.codings):
            continue
        review_at = earliest(view.now, review_at, fact.effective_at, fact.abated_at)
        if fact.effective_at <= view.now:
            over = not fact.active or (fact.abated_at is not None and fact.abated_at <= view.now)
            (past if over else present).append(entity)
    return _Uncoded(tuple(present), tuple(past)), review_at
