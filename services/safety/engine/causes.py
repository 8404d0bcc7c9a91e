"""Why an issue changed, in words without patient data, and whether that was a correction of the record."""

from dataclasses import dataclass
from datetime import datetime

from schemas.clinical import (
    Administration,
    Allergy,
    Condition,
    FactStatus,
    Merge,
    Observation,
    Order,
    OrderState,
    Outcome,
    Patient,
    PatientFact,
    VisitMove,
)
from schemas.issues import DetectedIssue

_NOUNS = {
    "order": "An order",
    "administration": "A dose",
    "observation": "An observation",
    "condition": "A condition",
    "allergy": "An allergy",
    "patient": "A statement about the person",
    "encounter": "A stay",
    "merge": "A merge of records",
    "visit-move": "A move of a visit",
    "unreadable": "A record that could not be read",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What made the engine judge again. `event` is None where time or another knowledge base did."""

    id: str
    because: str
    event: PatientFact | None = None

    @property
    def entity(self) -> str:
        """The entity that the causing event is about, empty for other causes."""
        return self.event.entity if self.event is not None else ""

    def corrects(self, issue: DetectedIssue) -> bool:
        """Whether an issue that ends by this cause was never right, as far as is known now.

        Decided by the event and the issue as told, nothing else, so that a restart decides alike: a statement
        taken back; a new statement about what the issue rests on, where the patient did not change but the
        record did; a dose from before the issue was raised, which closes an absence.
        """
        event = self.event
        if event is None:
            return False
        if event.status is FactStatus.ENTERED_IN_ERROR:
            return True
        implicated = event.entity in issue.implicated
        match event:
            case Administration():
                return implicated or event.effective_at < issue.raised_at
            case Observation():
                return implicated or any(each.startswith(f"{event.entity}#") for each in issue.implicated)
            case Patient():
                return implicated
            case Condition():
                return implicated and event.active and event.abated_at is None
            case Allergy():
                return implicated and event.active
            case VisitMove():  # what it rested on was another patient's, or what was missing came
                return True
            case Merge():  # another record, merged into this one before, goes on elsewhere
                return event.merged_from is not None and event.survivor != event.patient
            case _:
                return False


def by_event(event: PatientFact) -> Cause:
    """A statement arrived."""
    return Cause(event.event_id, f"{_NOUNS[event.kind]} was {_what_happened(event)}.", event)


def by_recharting(void: PatientFact) -> Cause:
    """An entity of this patient was stated of another one."""
    return Cause(void.event_id, f"{_NOUNS[void.kind]} was charted again for another patient.", void)


def by_time(instant: datetime) -> Cause:
    """A review came due at `instant`, or has to be caught up with."""
    return Cause(f"review@{instant.isoformat()}", "Time passed.")


def by_knowledge(version: str) -> Cause:
    """Another version of the knowledge base judges from now on."""
    return Cause(f"knowledge:{version}", f"Judged by knowledge version {version}.")


def _what_happened(event: PatientFact) -> str:
    if event.status is FactStatus.ENTERED_IN_ERROR:
        return "taken back as entered in error"
    match event:
        case Order(state=OrderState.STOPPED):
            return "stopped"
        case Order(state=OrderState.COMPLETED):
            return "completed"
        case Order(state=OrderState.ON_HOLD):
            return "put on hold"
        case Administration(outcome=Outcome.NOT_DONE):
            return "recorded as not given"
        case _:
            return "recorded"
