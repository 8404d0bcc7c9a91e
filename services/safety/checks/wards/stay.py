"""Whether a patient is in the house, so that the absence of a dose means something.

Where no encounter is known that says so or otherwise, a patient counts as an inpatient for a presumed stay
after a dose.
"""

from dataclasses import dataclass
from datetime import datetime

from schemas.clinical import Encounter
from services.safety.checks.judgement import View, earliest
from services.safety.ledger.pruning import PRESUMED_STAY


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay that goes on now, from `start` until `ends` as far as is known."""

    start: datetime
    ends: datetime | None
    presumed: bool


def stay(view: View, last_dose: datetime | None) -> tuple[Stay | None, datetime | None]:
    """The patient's stay now, and when that may next change by time."""
    known = [fact for _, fact in sorted(view.ledger.encounters.items())]
    changes = earliest(view.now, *(i for fact in known for i in (fact.effective_at, fact.ends_at)))
    begun = [fact for fact in known if fact.effective_at <= view.now and says_where(fact)]
    for fact in begun:
        if fact.inpatient and (fact.ends_at is None or view.now < fact.ends_at):
            return Stay(fact.effective_at, fact.ends_at, presumed=False), changes
    if begun or last_dose is None or view.now >= last_dose + PRESUMED_STAY:
        return None, changes
    ends = last_dose + PRESUMED_STAY
    return Stay(last_dose, ends, presumed=True), earliest(view.now, changes, ends)


def says_where(visit: Encounter) -> bool:
    """Whether a visit says that the patient is in the house, or is not."""
    return visit.class_known or visit.inpatient


def in_a_known_stay(view: View) -> bool:
    """Whether a stay on record goes on now."""
    now = view.now
    return any(
        fact.inpatient and fact.effective_at <= now and (fact.ends_at is None or now < fact.ends_at)
        for fact in view.ledger.encounters.values()
    )


def stays_on(view: View) -> bool:
    """Whether a stay on record goes on now and no end of it is known: until more is stated it goes on."""
    now = view.now
    return any(
        fact.inpatient and fact.ends_at is None and fact.effective_at <= now
        for fact in view.ledger.encounters.values()
    )


def discharged_at(view: View) -> datetime | None:
    """When the last inpatient stay ended, where none goes on now."""
    stays = [f for f in view.ledger.encounters.values() if f.inpatient and f.effective_at <= view.now]
    if any(fact.ends_at is None or view.now < fact.ends_at for fact in stays):
        return None
    return max((fact.ends_at for fact in stays if fact.ends_at is not None), default=None)
