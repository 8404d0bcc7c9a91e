"""One patient's facts: the newest statement about each entity, indexed by what checks ask for.

House rule: every value is immutable and shares what did not change with its predecessor, so folding an event costs
the same on the first day and the hundredth, and an exception in the middle leaves the earlier ledger whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from immutables import Map

from schemas.clinical import Allergy, Condition, Encounter, Order, Patient, PatientFact, UnreadableFact
from services.safety.ledger.entries import Given, Observed, Prescribed
from services.safety.ledger.timeline import Timeline

_NOW = timedelta(0)


@dataclass(frozen=True, slots=True)
class Voided:
    """An entity taken back; kept so that an older statement arriving later does not revive it."""

    entity: str
    start: datetime
    lasts: timedelta = _NOW


@dataclass(frozen=True, slots=True)
class PatientLedger:
    """Facts by entity and the indexes over them. Observations are indexed by `system|code`."""

    facts: Map[str, PatientFact] = Map()
    given: Map[str, Timeline[Given]] = Map()
    prescribed: Map[str, Map[str, Prescribed]] = Map()
    successors: Map[str, Map[str, Order]] = Map()
    observed: Map[str, Timeline[Observed]] = Map()
    conditions: Map[str, Condition] = Map()
    allergies: Map[str, Allergy] = Map()
    encounters: Map[str, Encounter] = Map()
    unreadable: Map[str, UnreadableFact] = Map()
    voids: Timeline[Voided] = Timeline()
    person: Patient | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What one fold changed. `inputs` are the names under which checks declare what they read."""

    fact: PatientFact
    previous: PatientFact | None
    inputs: frozenset[str]
    ingredients: frozenset[str]
    pruned: tuple[str, ...] = ()
