"""One patient's facts: the newest statement about each entity, indexed by what checks ask for.

House rule: every value is immutable and shares what did not change with its predecessor, so folding an
event costs the same on the first day and the hundredth, and an exception in the middle leaves the earlier
ledger whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from immutables import Map

from schemas.clinical import (
    Allergy,
    Condition,
    Encounter,
    Merge,
    Numbered,
    Order,
    Patient,
    PatientFact,
    UnreadableFact,
)
from services.safety.ledger.body import recounted
from services.safety.ledger.copies import entity_of, numbered, own_name, same_thing
from services.safety.ledger.entries import Given, Observed, Prescribed
from services.safety.ledger.timeline import Timeline

_NOW = timedelta(0)
_EMPTY: Map[Any, Any] = Map()


@dataclass(frozen=True, slots=True)
class Voided:
    """An administration taken back; kept so that an older statement arriving later does not revive it."""

    entity: str
    start: datetime
    lasts: timedelta = _NOW


_NO_VOIDS: Timeline[Voided] = Timeline()


class PatientLedger(NamedTuple):
    """Facts by entity and the indexes over them. Observations are indexed by `system|code`.

    `facts` and `merges` hold everything, the other indexes what counts here. `survivor`: the record under
    which this one goes on, where it was merged away; then nothing counts. `joined`: those merged into this
    one, with the records between.

    `names`: by each other name of an order the orders that say it of themselves, with their ingredients.

    `given_up`: what was taken back here because it was charted again for another patient.

    `by_body`: how many doses and orders of a drug are stated per kg or m2, for drugs that have any.

    `newest` is the latest receipt seen; it bounds what is forgotten, says nothing about the patient and is
    no part of equality. A named tuple, because every event makes one and a frozen dataclass takes three
    times as long.
    """

    facts: Map[str, PatientFact] = _EMPTY
    given: Map[str, Timeline[Given]] = _EMPTY
    prescribed: Map[str, tuple[Prescribed, ...]] = _EMPTY
    successors: Map[str, Map[str, Order]] = _EMPTY
    names: Map[str, Map[str, frozenset[str]]] = _EMPTY
    observed: Map[str, Timeline[Observed]] = _EMPTY
    conditions: Map[str, Condition] = _EMPTY
    allergies: Map[str, Allergy] = _EMPTY
    encounters: Map[str, Encounter] = _EMPTY
    unreadable: Map[str, UnreadableFact] = _EMPTY
    merges: Map[str, Merge] = _EMPTY
    persons: Map[str, Patient] = _EMPTY
    given_up: Map[str, Numbered] = _EMPTY
    voids: Timeline[Voided] = _NO_VOIDS
    by_body: Map[str, int] = _EMPTY
    person: Patient | None = None
    survivor: str | None = None
    joined: Map[str, tuple[str, ...]] = _EMPTY
    newest: datetime | None = None

    def counts(self, fact: PatientFact) -> bool:
        """Whether a statement is judged here: the patient's own unless merged away, others' while joined.

        Of one thing stated of several records, what is stated of the last of them counts.
        """
        if fact.merged_from is None:
            return self.survivor is None
        way = self.joined.get(fact.merged_from)
        if way is None:
            return False
        name = own_name(fact)
        return not any(
            same_thing(fact, self.facts.get(each)) for each in (name, *(entity_of(r, name) for r in way))
        )

    def earlier_records(self, fact: PatientFact) -> tuple[PatientFact, ...]:
        """The statements about the same thing that may count or not because of this one."""
        if not self.joined or not numbered(fact):
            return ()
        name, record = own_name(fact), fact.merged_from
        earlier = (each for each, way in self.joined.items() if record is None or record in way)
        found = (self.facts.get(entity_of(each, name)) for each in earlier)
        return tuple(each for each in found if each is not None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PatientLedger) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.facts)


class Change(NamedTuple):
    """What one fold changed. `inputs` are the names under which checks declare what they read:

    given, orders, observed, conditions, allergies, encounters, unreadable, merges, person, given_up, and
    `system|code` of each observation. `ingredients` are the drugs concerned; `pruned` the entities that are
    forgotten. What may change the body changes the doses and orders that are stated by it. `regrouped`: other
    records count than before, so that anything may have changed.
    """

    fact: PatientFact
    previous: PatientFact | None
    inputs: frozenset[str]
    ingredients: frozenset[str]
    pruned: tuple[str, ...] = ()
    regrouped: bool = False


def without_dose(ledger: PatientLedger, ingredient: str, entity: str, start: datetime) -> PatientLedger:
    """The ledger without what an administration that started then gave of one ingredient."""
    held = ledger.given.get(ingredient)
    if held is None:
        return ledger
    left = held.without_entity(entity, start)
    given, by_body = ledger.given, ledger.by_body
    if ingredient in by_body:
        gone = sum(dose.per_body is not None for dose in held.entries if dose.entity == entity)
        by_body = recounted(by_body, ingredient, -gone)
    return ledger._replace(
        given=given.set(ingredient, left) if left.entries else given.delete(ingredient), by_body=by_body
    )
