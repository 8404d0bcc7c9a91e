"""Lactation: a drug that harms a breastfed child is in use while the patient breastfeeds.

One issue for each drug, by the worst row. A drug that is only ordered as needed and was never given counts
one severity lower; so does a drug that acts where it is applied. Who is not said to breastfeed is not asked
about.
"""

from functools import lru_cache

from services.safety.checks.contraindications.harm_to_child import (
    Ruled,
    Whose,
    later,
    made_ready,
    told_of,
    unjudged,
    whose,
)
from services.safety.checks.further_dose import AsksOnlyUse
from services.safety.checks.judgement import SILENT, Judgement, View
from services.safety.checks.patient.childbearing import Childbearing, evidence_of, state_of
from services.safety.checks.use.roster import present
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.kinds.lactation import LactationRule


@lru_cache(maxsize=8_192)
def _rules(knowledge: KnowledgeBase, ingredients: frozenset[str]) -> tuple[Ruled[LactationRule], ...]:
    return made_ready(knowledge, ingredients, LactationRule)


class DrugWhileBreastfeeding(AsksOnlyUse):
    """Breastfeeding, where it is on record, against the rows of every drug in use."""

    id = "lactation"
    per_ingredient = False

    def reads(self, knowledge: KnowledgeBase) -> frozenset[str]:
        """Doses, orders, conditions, who the patient is, and the results that speak of breastfeeding."""
        evidence = evidence_of(knowledge, Childbearing.LACTATION)
        results = evidence.row.observations if evidence is not None else ()
        return frozenset({"given", "orders", "conditions", "person", *results})

    def concerns(self, knowledge: KnowledgeBase, ingredient: str) -> bool:
        """Drugs with a row about breastfeeding."""
        return bool(knowledge.rules_of(ingredient, LactationRule))

    def judge(self, view: View, subject: str) -> Judgement:  # noqa: ARG002 - one answer for the patient
        """One finding for each drug in use that harms the child."""
        rules = _rules(view.knowledge, present(view))
        evidence = evidence_of(view.knowledge, Childbearing.LACTATION)
        if not rules or evidence is None:
            return SILENT
        state, changes = state_of(view, evidence)
        if not state.signs and not state.unclear:
            return SILENT if changes is None else Judgement((), changes)
        who, grown = whose(view, evidence.row)
        if who is Whose.A_CHILDS:
            return Judgement((), grown)
        if not state.signs:
            why = f"It is not clear whether the patient breastfeeds ({state.unclear[0].said})"
            told = unjudged(view, self.id, rules, state.unclear, why)
        elif who is Whose.A_MANS:
            why = f"The record says that the patient is male, and breastfeeds ({state.signs[0].said})"
            told = unjudged(view, self.id, rules, state.signs, why)
        else:
            words = f"while breastfeeding ({state.signs[0].said})."
            told = told_of(view, self.id, ((rule, words, {}) for rule in rules), state)
        return later(told, view.now, changes)
