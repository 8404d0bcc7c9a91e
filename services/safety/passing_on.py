"""What merged records pass on to others, from the final facts of all patients: without steps or an order."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from schemas.clinical import Merge, PatientFact, VisitMove
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.folding import folded
from services.safety.ledger.forwarding import everything


def passed_on(stated: Mapping[str, Sequence[PatientFact]], knowledge: KnowledgeBase) -> Iterator[PatientFact]:
    """Every statement that reaches another record than the one it is of, each once, under that one's key.

    `stated` holds the statements about each patient.
    """
    reached: dict[str, dict[PatientFact, None]] = {}
    waiting = deque(patient for patient, facts in stated.items() if _passes_on(facts))
    while waiting:
        patient = waiting.popleft()
        ledger = folded((*stated.get(patient, ()), *reached.get(patient, ())), knowledge)
        for fact in everything(ledger, patient):
            there = reached.setdefault(fact.patient, {})
            if fact in there:
                continue
            there[fact] = None
            yield fact
            if fact.patient not in waiting and _passes_on((*stated.get(fact.patient, ()), *there)):
                waiting.append(fact.patient)


def _passes_on(facts: Sequence[PatientFact]) -> bool:
    return any(isinstance(fact, Merge | VisitMove) for fact in facts)
