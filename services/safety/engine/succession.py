"""Another knowledge base takes a patient over: the same facts, folded and judged anew.

What was told under the base before counts as told, and only what holds at the instant of taking over is
compared with it: new knowledge does not speak of what would have held before.
"""

from dataclasses import replace
from datetime import datetime

from immutables import Map

from services.safety.engine.state import Doubt, PatientState
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.folding import folded


def taken_over(state: PatientState, knowledge: KnowledgeBase, at: datetime) -> PatientState:
    """The patient before the first event under `knowledge`, at `at` or later; its next step tells what
    differs.
    """
    ledger = folded(state.ledger.facts.values(), knowledge)._replace(newest=state.ledger.newest)
    issues = {
        key: issue if issue.step <= state.step else replace(issue, step=state.step)
        for key, issue in state.issues.items()
    }
    return state._replace(
        now=max(state.now, at),
        ledger=ledger,
        issues=Map(issues),
        judgements=None,
        next_review=None,
        told_up_to=0,
        ahead=Map(),
        doubt=Doubt.KNOWLEDGE,
        knowledge=knowledge.version,
    )
